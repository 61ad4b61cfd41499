import SottoAlgebra
import SottoPreprocessing
import SottoSecureComputation

extension CostCatalogue {
    /// Ring widths of the tables: activations, products of two activations, and the widest ring.
    private static let activationWidth = 30
    private static let productWidth = 46
    private static let fullWidth = 64
    private static let shift = 16

    /// An operand of `count` elements in the ring of `width` bits, with `spare` bits above its magnitude.
    private static func operand(
        _ builder: ProgramBuilder, _ count: Int, width: Int, spare: Int = 1, named name: String = "x"
    ) -> Secret {
        let limit = Double(sign: .plus, exponent: width - spare, significand: 1)
        return builder.input(
            name, owner: .client, shape: [count], scale: 0, bound: min(limit - 1, limit.nextDown)
        ).narrowed(to: width)
    }

    // MARK: Elements

    package static let primitives: [Entry] =
        local + rotations + [8, 16, 32, 64].map { compare(thresholds: 1, width: $0) }
        + [7, 15].map { compare(thresholds: $0, width: 16) }
        + conversions + products(of: productWidth) + selections + openings

    private static let local = [
        Entry("input", "of either party") { b, n in
            _ = b.input("x", owner: .client, shape: [n], scale: 0, bound: 1)
        },
        Entry("sum, public multiple and linear map", "any width") { b, n in
            let x = operand(b, n, width: productWidth, spare: 4)
            let sum = try b.combine(
                [(try b.add(x, serverTensor: "w", shape: [n], bound: 1), 2), (x, -1)], constant: 1)
            _ = b.concatenate(
                [try b.map(sum, .permute(shape: [n, 1], order: [1, 0]), shape: [1, n]), x], shape: [2 * n])
        },
    ]

    /// Of elements in pairs, one pair a position.
    private static let rotations = [
        Entry("rotary embedding", "public angles, \(fullWidth) bits") { b, n in
            let x = operand(b, 2 * n, width: fullWidth, spare: shift + 2).reshaped([n, 2])
            _ = try b.rotate(x, heads: 1, theta: 10000, firstPosition: 0, coefficientScale: shift, bound: x.magnitude)
        }
    ]

    private static func compare(thresholds: Int, width: Int) -> Entry {
        Entry("comparison", "\(plural(thresholds, "threshold")), ring of \(width) bits") { b, n in
            let x = operand(b, n, width: width)
            _ = try b.compare(x, thresholds: (0..<thresholds).map(Int64.init), nonNegative: true)
        }
    }

    private static let conversions = [
        Entry("truncation into a narrower ring", "by \(shift), \(productWidth) to \(productWidth - shift) bits") {
            b, n in
            _ = try b.truncate(operand(b, n, width: productWidth), by: shift, toWidth: productWidth - shift)
        },
        Entry("truncation", "by \(shift), within \(productWidth) bits") { b, n in
            _ = try b.truncate(operand(b, n, width: productWidth, spare: 2), by: shift, toWidth: productWidth)
        },
        Entry("exact truncation", "by \(shift), before an opening, \(productWidth) to \(productWidth - shift) bits") {
            b, n in
            let x = operand(b, n, width: productWidth, spare: 2)
            _ = try b.exactlyRescaled(x, to: -shift)
        },
        Entry("extension", "\(activationWidth) to \(productWidth) bits") { b, n in
            _ = try b.truncate(operand(b, n, width: activationWidth, spare: 2), by: 0, toWidth: productWidth)
        },
    ]

    private static func products(of width: Int) -> [Entry] {
        [
            Entry("opening under a mask", "\(width) bits") { b, n in
                _ = try b.openMasked(operand(b, n, width: width))
            },
            Entry("Beaver product", "of two masked, \(width) bits") { b, n in
                let masked = try given(b) { try b.openMasked(factors(b, n, width: width)) }
                _ = try b.multiply(masked[0], masked[1], shape: .elementwise(count: n), outputShape: [n])
            },
            Entry("product of two secrets", "both of the above, \(width) bits") { b, n in
                let secrets = factors(b, n, width: width)
                _ = try b.multiply(secrets[0], secrets[1])
            },
            Entry("masking for the server", "\(width) bits") { b, n in
                _ = try b.maskForServer(operand(b, n, width: width))
            },
            Entry("server product", "of a masked, \(width) bits") { b, n in
                let masked = try given(b) { try b.maskForServer(operand(b, n, width: width)) }
                _ = try b.multiply(
                    masked, server: ServerTensor(name: "w", shape: [n], scale: 0, width: width),
                    shape: .elementwise(count: n), outputShape: [n], bound: 1)
            },
        ]
    }

    private static func factors(_ builder: ProgramBuilder, _ count: Int, width: Int) -> [Secret] {
        ["x", "y"].map { operand(builder, count, width: width, spare: width / 2 + 1, named: $0) }
    }

    private static let selections = [
        Entry("selection", "a value or zero, \(activationWidth) bits") { b, n in
            let x = operand(b, n, width: activationWidth)
            _ = try b.select(try given(b) { try b.compare(x, thresholds: [0]) }, x)
        },
        Entry("selection", "one of 8 cubics, 62 bits") { b, n in
            let x = operand(b, n, width: 62)
            let bits = try given(b) { try b.compare(x, thresholds: (0..<7).map(Int64.init), nonNegative: true) }
            _ = try b.select(
                bits, SelectionTable(rows: [[Int64]](repeating: [0, 1, 1, 1], count: 8)), of: x, scale: 0,
                magnitude: x.magnitude)
        },
        Entry("selection with origins", "one of 8 cubics, 62 bits") { b, n in
            let x = operand(b, n, width: 62)
            let bits = try given(b) { try b.compare(x, thresholds: (0..<7).map(Int64.init), nonNegative: true) }
            _ = try b.select(
                bits, SelectionTable(rows: [[Int64]](repeating: [0, 1, 1, 1], count: 8)), of: x,
                origins: [Int64](repeating: 1, count: 8), scale: 0, magnitude: x.magnitude)
        },
        Entry("bits to numbers", "1 bit into \(productWidth)") { b, n in
            let x = operand(b, n, width: activationWidth)
            _ = try b.arithmetic(try given(b) { try b.compare(x, thresholds: [0]) }, width: productWidth)
        },
    ]

    private static let openings = [
        Entry("opening to the client", "\(activationWidth) bits") { b, n in
            try b.open(operand(b, n, width: activationWidth), as: "x", to: [.client])
        },
        Entry("opening to both", "\(activationWidth) bits") { b, n in
            try b.open(operand(b, n, width: activationWidth), as: "x", to: [.server, .client])
        },
    ]

    // MARK: Matrices

    /// Products of a layer at the paper's shape.
    package static let products: [Entry] = [
        serverMatrix(rows: 128, 768, 3 * 768), serverMatrix(rows: 128, 768, 768),
        serverMatrix(rows: 128, 768, 4 * 768), serverMatrix(rows: 128, 4 * 768, 768),
        secretMatrices(batch: 12, 128, 64, 128), secretMatrices(batch: 12, 128, 128, 64),
        rowDots(rows: 128, columns: 768),
    ]

    private static func serverMatrix(rows: Int, _ inputs: Int, _ outputs: Int) -> Entry {
        let width = productWidth
        return Entry(
            "matrix of the server", "[\(rows), \(inputs)] x [\(inputs), \(outputs)], \(width) bits"
        ) { b, _ in
            let x = operand(b, rows * inputs, width: width)
            _ = try b.multiply(
                try b.maskForServer(x),
                server: ServerTensor(name: "w", shape: [inputs, outputs], scale: 0, width: width),
                shape: .matrix(batch: 1, m: rows, k: inputs, n: outputs), outputShape: [rows, outputs], bound: 1)
        }
    }

    private static func secretMatrices(batch: Int, _ rows: Int, _ inner: Int, _ columns: Int) -> Entry {
        let width = productWidth + 1
        return Entry(
            "two secret matrices", "\(batch) x [\(rows), \(inner)] x [\(inner), \(columns)], \(width) bits"
        ) { b, _ in
            let x = operand(b, batch * rows * inner, width: width)
            let y = operand(b, batch * inner * columns, width: width, named: "y")
            let masked = try b.openMasked([x, y])
            _ = try b.multiply(
                masked[0], masked[1], shape: .matrix(batch: batch, m: rows, k: inner, n: columns),
                outputShape: [batch, rows, columns], bound: 1)
        }
    }

    private static func rowDots(rows: Int, columns: Int) -> Entry {
        Entry("squares of rows", "[\(rows), \(columns)], \(fullWidth) bits") { b, _ in
            let masked = try b.openMasked(operand(b, rows * columns, width: fullWidth))
            _ = try b.multiply(
                masked, masked, shape: .rowDots(rows: rows, columns: columns), outputShape: [rows], bound: 1)
        }
    }

    static func plural(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
