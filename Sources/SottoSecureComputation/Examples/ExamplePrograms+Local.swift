import SottoAlgebra

// What no party sends anything for.

extension ExamplePrograms {
    static let local = [
        ExampleProgram("input", "of either party") { b, p in
            _ = b.input(
                p("name", "x", or: "y"), owner: p("owner", .client, or: .server), shape: [p.count], scale: 0, bound: 1)
        },
        ExampleProgram("sum, public multiple and linear map", "any width") { b, p in
            let n = p.count
            let x = operand(b, n, width: productWidth, spare: 4)
            let biased = try b.add(x, serverTensor: p("name", "w", or: "v"), shape: [n], bound: 1)
            let sum = try b.combine(
                [(biased, p("factor", 2, or: 3)), (x, -1)], constant: p("constant", 1, or: 2))
            let map = LinearMap.permute(shape: [n, 1], order: p("order", [1, 0], or: [0, 1]))
            _ = b.concatenate([try b.map(sum, map, shape: [1, n]), x], shape: [2 * n])
        },
    ]

    /// Of elements in pairs, one pair a position.
    static let rotations = [
        ExampleProgram("rotary embedding", "public angles, \(fullWidth) bits") { b, p in
            let x = operand(b, 2 * p.count, width: fullWidth, spare: shift + 2).reshaped([p.count, 2])
            _ = try b.rotate(
                x, heads: 1, theta: p("theta", 10000, or: 500), firstPosition: p("first position", 0, or: 1),
                coefficientScale: p("scale", shift, or: shift - 1), bound: x.magnitude)
        }
    ]

    static let otherInputs = [
        ExampleProgram("shared input", "40 bits") { b, p in
            _ = b.sharedInput(
                p("name", "x", or: "y"), shape: [p.count], scale: 0, bound: 1, width: p("width", 40, or: 39))
        },
        ExampleProgram("rows of an input", "pairs") { b, p in
            let first = p("first row", 0, or: 1)
            _ = b.input(
                "x", owner: .client, shape: [p.count + p("other rows", 2, or: 3), 2], rows: first..<(first + p.count),
                scale: 0, bound: 1)
        },
        ExampleProgram("sum with a tensor of the server", "a row for each of 3") { b, p in
            let n = p.count
            let x = operand(b, 3 * n, width: productWidth, spare: 4)
            _ = try b.add(
                x, serverTensor: "w", shape: [n],
                maps: [
                    .segmentBroadcast(Segments(rows: n, columns: 3)),
                    .permute(shape: [n, 3], order: p("order", [1, 0], or: [0, 1])),
                ], bound: 1)
        },
    ]

    static let otherLocal = [
        ExampleProgram("combinations", "of one, two and three terms") { b, p in
            let x = operand(b, p.count, width: productWidth, spare: 4)
            let y = operand(b, p.count, width: productWidth, spare: 4, named: "y")
            let fine = try b.refined(x, toScale: p("bits", 3, or: 4))
            _ = try b.combine([(fine, 1)], constant: p("constant", 5, or: 6))
            _ = try b.add(x, y)
            _ = try b.combine([(x, 1), (y, p("factor", 2, or: 3)), (x, -1)])
        },
        ExampleProgram("rotary embedding", "heads of 4, 64 bits") { b, p in
            let x = operand(b, 8 * p.count, width: fullWidth, spare: shift + 2).reshaped([p.count, 8])
            _ = try b.rotate(
                x, heads: p("heads", 2, or: 1), theta: 10000, firstPosition: 3, coefficientScale: shift,
                bound: x.magnitude)
        },
        ExampleProgram("linear maps", "of every kind") { b, p in
            for (index, map) in maps(p).enumerated() {
                let x = operand(b, map.inputCount, width: productWidth, spare: 12, named: "x\(index)")
                _ = try b.map(x, map, shape: [map.outputCount])
            }
        },
    ]

    /// One of each kind.
    static func maps(_ p: ExampleParameters) -> [LinearMap] {
        let n = p.count
        let rows = Segments(groups: p("groups", 2, or: 3), lengths: [n, p("length", 1, or: 4), 3])
        let triangle = CausalTriangle(
            groups: 2, past: p("past", 1, or: 2), new: min(n, 9), columns: min(n, 9) + p("other columns", 2, or: 3))
        return [
            .slice(shape: [n, 3], axis: 1, range: p("range", 1..<2, or: 2..<3)),
            .permute(shape: [n, 3], order: p("order", [1, 0], or: [0, 1])),
            .packTriangle(triangle), .fillTriangle(triangle), .segmentSum(rows), .segmentBroadcast(rows),
            .pairElements(rows, second: p("element of the pair", false, or: true)), .placePairs(rows),
            .placeLeftovers(rows),
        ]
    }
}
