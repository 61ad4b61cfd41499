// Operations that are cut: what only the joints of tiles have.

extension ExamplePrograms {
    /// Cuts nonlinear operations of more than 16 elements, and linear ones of more than 32.
    private static let small = Tiling(elements: 16, linearElements: 32, windowBytes: 1 << 10)

    static let tiles = [
        ExampleProgram("opening under masks", "of two secrets, in tiles", tiling: small) { b, p in
            let width = p("width", productWidth, or: productWidth - 1)
            let x = operand(b, p.count, width: width, spare: width / 2 + 1)
            let y = operand(b, 2 * p.count, width: width, spare: width / 2 + 1, named: "y")
            let opened = try b.openMasked([x, y])
            _ = try b.multiply(
                opened[0], opened[0], shape: .elementwise(count: p.count), outputShape: [p.count])
        },
        ExampleProgram("server product", "matrix, in tiles", tiling: small) { b, p in
            let x = operand(b, p.count * 4, width: productWidth).reshaped([p.count, 4])
            _ = try b.multiply(
                b.maskForServer(x),
                server: ServerTensor(name: p("name", "w", or: "v"), shape: [4, 3], scale: 0, width: productWidth),
                shape: .matrix(batch: 1, m: p.count, k: 4, n: 3), outputShape: [p.count, 3], bound: 1)
        },
        ExampleProgram("comparison and selection", "quadratics, in tiles", tiling: small) { b, p in
            let x = operand(b, p.count, width: activationWidth, spare: 2)
            let bits = try b.compare(x, thresholds: [-3, 0, p("threshold", 8, or: 9)])
            let table = SelectionTable(rows: [[0, 1, 0], [1, 0, 2], [5, 0, 0], [0, 0, p("coefficient", 1, or: 3)]])
            _ = try b.select(
                bits, table, of: x, origins: [0, 1, p("origin", 2, or: 3), 4], scale: 0, magnitude: x.magnitude)
            _ = try b.arithmetic(bits, width: activationWidth)
        },
        ExampleProgram("opening", "in tiles", tiling: small) { b, p in
            let (x, total) = (operand(b, p.count, width: activationWidth), p.count + p("other elements", 4, or: 5))
            try b.open(x, as: "x", start: p("start", 0, or: 1), of: total, to: [.client])
        },
    ]
}
