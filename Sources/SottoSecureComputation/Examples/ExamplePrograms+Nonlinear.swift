// What the suite emits.

extension ExamplePrograms {
    static func compare(thresholds: Int, width: Int) -> ExampleProgram {
        ExampleProgram(
            "comparison", "\(thresholds) threshold\(thresholds == 1 ? "" : "s"), ring of \(width) bits"
        ) { b, p in
            let x = operand(b, p.count, width: p("width", width, or: width - 1))
            let first = p("threshold", 0, or: 1)
            let count = p("thresholds", thresholds, or: thresholds + 1)
            _ = try b.compare(x, thresholds: (first..<(first + count)).map(Int64.init), nonNegative: true)
        }
    }

    static let conversions = [
        ExampleProgram(
            "truncation into a narrower ring", "by \(shift), \(productWidth) to \(productWidth - shift) bits"
        ) { b, p in
            let (width, shift) = (p("width", productWidth, or: productWidth - 1), p("shift", shift, or: shift - 1))
            let x = operand(b, p.count, width: width)
            _ = try b.truncate(x, by: shift, toWidth: width - shift - p("dropped bits", 0, or: 1))
        },
        ExampleProgram("truncation", "by \(shift), within \(productWidth) bits") { b, p in
            let x = operand(b, p.count, width: p("width", productWidth, or: productWidth - 1), spare: 2)
            _ = try b.truncate(
                x, by: p("shift", shift, or: shift - 1), toWidth: p("new width", productWidth, or: productWidth + 1))
        },
        ExampleProgram(
            "exact truncation", "by \(shift), before an opening, \(productWidth) to \(productWidth - shift) bits"
        ) { b, p in
            let x = operand(b, p.count, width: p("width", productWidth, or: productWidth - 1), spare: 2)
            _ = try b.exactlyRescaled(x, to: -p("shift", shift, or: shift - 1))
        },
        ExampleProgram("extension", "\(activationWidth) to \(productWidth) bits") { b, p in
            let x = operand(b, p.count, width: p("width", activationWidth, or: activationWidth - 1), spare: 2)
            _ = try b.truncate(x, by: 0, toWidth: p("new width", productWidth, or: productWidth + 1))
        },
    ]

    static let selections = [
        ExampleProgram("selection", "a value or zero, \(activationWidth) bits") { b, p in
            let x = operand(b, p.count, width: p("width", activationWidth, or: activationWidth - 1))
            _ = try b.select(try given(b) { try b.compare(x, thresholds: [0]) }, x)
        },
        ExampleProgram("selection", "one of 8 cubics, 62 bits") { b, p in try select(b, p, origins: []) },
        ExampleProgram("selection with origins", "one of 8 cubics, 62 bits") { b, p in
            try select(b, p, origins: [Int64](repeating: 1, count: 7) + [p("origin", 1, or: 2)])
        },
        ExampleProgram("bits to numbers", "1 bit into \(productWidth)") { b, p in
            let x = operand(b, p.count, width: activationWidth)
            let bits = try given(b) { try b.compare(x, thresholds: [0]) }
            _ = try b.arithmetic(bits, width: p("width", productWidth, or: productWidth - 1))
        },
    ]

    private static func select(_ b: ProgramBuilder, _ p: ExampleParameters, origins: [Int64]) throws {
        let x = operand(b, p.count, width: p("width", 62, or: 61))
        let bits = try given(b) { try b.compare(x, thresholds: (0..<7).map(Int64.init), nonNegative: true) }
        let rows = [[Int64]](repeating: [0, 1, 1, 1], count: 7) + [[p("coefficient", 0, or: 2), 1, 1, 1]]
        let table = SelectionTable(rows: rows.map { Array($0.prefix(p("coefficients", 4, or: 3))) })
        _ = try b.select(bits, table, of: x, origins: origins, scale: 0, magnitude: x.magnitude)
    }

    static let openings = [
        ExampleProgram("opening to the client", "\(activationWidth) bits") { b, p in
            try b.open(
                operand(b, p.count, width: p("width", activationWidth, or: activationWidth - 1)),
                as: p("name", "x", or: "y"), to: p("receivers", [.client], or: [.server]))
        },
        ExampleProgram("opening to both", "\(activationWidth) bits") { b, p in
            try b.open(
                operand(b, p.count, width: p("width", activationWidth, or: activationWidth - 1)), as: "x",
                to: p("receivers", [.server, .client], or: [.client]))
        },
    ]
}
