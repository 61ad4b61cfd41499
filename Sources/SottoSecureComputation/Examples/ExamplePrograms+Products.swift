import SottoAlgebra

// Products of two secrets, and with tensors of the server.

extension ExamplePrograms {
    static let products = [
        ExampleProgram("opening under a mask", "\(productWidth) bits") { b, p in
            _ = try b.openMasked(operand(b, p.count, width: p("width", productWidth, or: productWidth - 1)))
        },
        ExampleProgram("Beaver product", "of two masked, \(productWidth) bits") { b, p in
            let masked = try given(b) { try b.openMasked(factors(b, p)) }
            _ = try b.multiply(masked[0], masked[1], shape: .elementwise(count: p.count), outputShape: [p.count])
        },
        ExampleProgram("product of two secrets", "both of the above, \(productWidth) bits") { b, p in
            let secrets = factors(b, p)
            _ = try b.multiply(secrets[0], secrets[1])
        },
        ExampleProgram("masking for the server", "\(productWidth) bits") { b, p in
            _ = try b.maskForServer(operand(b, p.count, width: p("width", productWidth, or: productWidth - 1)))
        },
        ExampleProgram("server product", "of a masked, \(productWidth) bits") { b, p in
            let width = p("width", productWidth, or: productWidth - 1)
            let masked = try given(b) { try b.maskForServer(operand(b, p.count, width: width)) }
            _ = try b.multiply(
                masked,
                server: ServerTensor(
                    name: p("name", "w", or: "v"), shape: [p.count], scale: 0,
                    width: p("width of the tensor", productWidth, or: productWidth + 1)),
                shape: .elementwise(count: p.count), outputShape: [p.count], bound: 1)
        },
    ]

    static let choices = [
        ExampleProgram("choice by the client", "one of 4 rows of 16, \(activationWidth) bits") { b, p in
            let (candidates, columns) = (p("candidates", 4, or: 5), p("columns", 16, or: 17))
            let x = operand(
                b, p.count * candidates * columns, width: p("width", activationWidth, or: activationWidth - 1))
            let first = p("first row", 0, or: 1)
            let bits = b.clientBits(
                p("name", "y", or: "z"), shape: [p.count + p("other rows", 2, or: 3), candidates - 1],
                rows: first..<(first + p.count))
            _ = try b.choose(bits, of: x.reshaped([p.count, candidates, columns]))
        }
    ]

    private static func factors(_ b: ProgramBuilder, _ p: ExampleParameters) -> [Secret] {
        let width = p("width", productWidth, or: productWidth - 2)
        return ["x", "y"].map { operand(b, p.count, width: width, spare: width / 2 + 1, named: $0) }
    }

    static let otherProducts = [
        ExampleProgram("openings that are kept", "and recalled, rows of 4") { b, p in
            let columns = p("columns", 4, or: 5)
            let x = operand(b, p.count * columns, width: p("width", productWidth, or: productWidth - 1))
            let kept = KeptTensor(index: p("tensor", 0, or: 1), past: 0)
            let opened = try b.openMasked([x.reshaped([p.count, columns])], keeping: [kept])[0]
            _ = try b.recalled(KeptTensor(index: kept.index, past: p.count), columns: columns, like: opened)
        },
        ExampleProgram("server product", "matrix through a map, \(productWidth) bits") { b, p in
            let (n, columns) = (p.count, p("columns", 5, or: 6))
            let x = operand(b, n * 4, width: productWidth).reshaped([n, 4])
            _ = try b.multiply(
                b.maskForServer(x), server: ServerTensor(name: "w", shape: [columns, 4], scale: 0, width: fullWidth),
                maps: [.permute(shape: [columns, 4], order: p("order", [1, 0], or: [0, 1]))],
                shape: .matrix(batch: 1, m: n, k: 4, n: columns), outputShape: [n, columns], bound: 1)
        },
        ExampleProgram("rows times factors, and their squares", "by openings in narrow rings where a suite has them") {
            b, p in
            let (columns, extends) = (p("columns", 3, or: 4), b.suite.extendsOpenings)
            let bits = extends ? p("bits", 20, or: 21) : 20
            let width = p("width", fullWidth, or: fullWidth - 1)
            let grid = Segments(rows: p.count, columns: columns)
            let x = operand(b, grid.elementCount, width: productWidth, spare: productWidth - bits)
            let factor = operand(b, p.count, width: width, spare: width / 2, named: "y")
            guard extends else {
                let masked = try b.openMasked([try b.resized(x, toWidth: width), factor])
                let spread = try b.map(masked[1], .segmentBroadcast(grid), shape: [grid.elementCount])
                for right in [spread, masked[0]] {
                    _ = try b.multiply(
                        masked[0], right, shape: .elementwise(count: grid.elementCount),
                        outputShape: [grid.elementCount], bound: 0x1p50)
                }
                return
            }
            let masked = try b.openMasked([try b.narrowedForExtension(x), factor])
            let spread = try b.map(masked[1], .segmentBroadcast(grid), shape: [grid.elementCount])
            _ = try b.multiplyExtended(masked[0], spread, bound: 0x1p50)
            _ = try b.sumsOfSquares(
                masked[0], rows: p.count, columns: columns, droppedBits: p("dropped bits", 2, or: 3), width: width,
                magnitude: 0x1p50)
        },
        ExampleProgram("linear maps of an opening", "of every kind") { b, p in
            let maps = maps(p)
            let opened = try given(b) {
                try b.openMasked(
                    maps.enumerated().map { index, map in
                        operand(b, map.inputCount, width: productWidth, spare: 12, named: "x\(index)")
                    })
            }
            for (x, map) in zip(opened, maps) { _ = try b.map(x, map, shape: [map.outputCount]) }
        },
    ]

    // MARK: Matrices

    static func serverMatrix(_ inputs: Int, _ outputs: Int) -> ExampleProgram {
        ExampleProgram(
            "matrix of the server", "[\(positions), \(inputs)] x [\(inputs), \(outputs)], \(productWidth) bits"
        ) { b, p in
            let outputs = p("columns", outputs, or: outputs + 1)
            let width = p("width", productWidth, or: productWidth - 1)
            _ = try b.multiply(
                try b.maskForServer(operand(b, p.count * inputs, width: width).reshaped([p.count, inputs])),
                server: ServerTensor(name: "w", shape: [inputs, outputs], scale: 0, width: width),
                shape: .matrix(batch: 1, m: p.count, k: inputs, n: outputs), outputShape: [p.count, outputs],
                bound: 1)
        }
    }

    /// - Parameters:
    ///   - inner, columns: of the right matrix; nil for as many as there are positions.
    static func secretMatrices(inner: Int?, columns: Int?) -> ExampleProgram {
        let (shownInner, shownColumns) = (inner ?? positions, columns ?? positions)
        return ExampleProgram(
            "two secret matrices",
            "12 x [\(positions), \(shownInner)] x [\(shownInner), \(shownColumns)], \(productWidth + 1) bits"
        ) { b, p in
            let (rows, inner, columns) = (p.count, inner ?? p.count, columns ?? p.count)
            let batch = p("batch", 12, or: 11)
            let width = p("width", productWidth + 1, or: productWidth)
            let masked = try b.openMasked([
                operand(b, batch * rows * inner, width: width),
                operand(b, batch * inner * columns, width: width, named: "y"),
            ])
            _ = try b.multiply(
                masked[0], masked[1], shape: .matrix(batch: batch, m: rows, k: inner, n: columns),
                outputShape: [batch, rows, columns], bound: 1)
        }
    }

    static func rowDots(columns: Int) -> ExampleProgram {
        ExampleProgram("squares of rows", "[\(positions), \(columns)], \(fullWidth) bits") { b, p in
            let columns = p("columns", columns, or: columns + 1)
            let masked = try b.openMasked(operand(b, p.count * columns, width: fullWidth))
            _ = try b.multiply(
                masked, masked, shape: .rowDots(rows: p.count, columns: columns), outputShape: [p.count], bound: 1)
        }
    }
}
