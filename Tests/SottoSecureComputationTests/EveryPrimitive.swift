import SottoAlgebra
import SottoApproximation
import SottoSecureComputation
import SottoTransport
import TestSupport

/// A program in which every primitive occurs, with branches that run at the same time, and inputs for it.
struct EveryPrimitive {
    let rows: Int
    let columns: Int
    let program: Program

    init(rows: Int = 4, columns: Int = 16, profile: DomainProfile = .ring64) throws {
        try self.init(rows: rows, columns: columns, target: .otWithDealer(over: profile))
    }

    init(rows: Int = 4, columns: Int = 16, target: Target) throws {
        self.rows = rows
        self.columns = columns
        // Openings are cut, and nothing else is.
        let b = ProgramBuilder(
            target: target, tiling: Tiling(elements: .max, linearElements: 48, windowBytes: .max))
        let grid = Segments(rows: rows, columns: columns)
        let p = b.input("server", owner: .server, shape: [rows, columns], scale: 8, bound: 16)
        let q = b.input("client", owner: .client, shape: [rows, columns], scale: 8, bound: 16)
        let s = b.sharedInput("shared", shape: [rows, columns], scale: 8, bound: 16, width: 40)
        let sum = try b.add(
            try b.combine([(p, 1), (q, -2), (s, 1)], constant: 77), serverTensor: "bias", shape: [columns],
            maps: [
                .segmentBroadcast(Segments(rows: columns, columns: rows)),
                .permute(shape: [columns, rows], order: [1, 0]),
            ], bound: 16)
        let (linear, bits, product) = try b.scope("block") {
            try b.parallel(
                {
                    try b.multiply(
                        b.maskForServer(sum),
                        server: ServerTensor(name: "w", shape: [columns, 8], scale: 8, width: 48),
                        shape: .matrix(batch: 1, m: rows, k: columns, n: 8), outputShape: [rows, 8], bound: 0x1p20)
                },
                { try b.compare(sum, thresholds: [-100, 0, 333]) },
                {
                    let masked = try b.openMasked([sum, s], keeping: [nil, KeptTensor(index: 0, past: 0)])
                    _ = try b.recalled(KeptTensor(index: 0, past: rows), columns: columns, like: masked[1])
                    let mapped = try b.map(
                        masked[0], .permute(shape: [rows, columns], order: [1, 0]), shape: [columns, rows])
                    return try b.multiply(
                        masked[1], mapped, shape: .matrix(batch: 1, m: rows, k: columns, n: rows),
                        outputShape: [rows, rows])
                })
        }
        let table = SelectionTable(rows: [[5, 1, -1, 2], [0, 3, 1, 0], [7, 0, 0, 1], [0, 1, 0, 0]])
        let selected = try b.select(
            bits, table, of: try b.resized(sum, toWidth: 56), origins: [1, -2, 3, 4], scale: 24,
            magnitude: largestMagnitude(width: 54))
        let truncated = try b.truncate(selected, by: 16, toWidth: 56)
        // In a field these are comparisons and polynomials.
        let near = try b.refined(s, toScale: 16)
        let rectified = try b.relu(s.narrowed(to: 20))
        let looked = try b.add(
            try b.evaluate(BuiltInFunctions.gelu, at: near, scale: 16, minimumWidth: 40),
            try b.exponential(try b.combine([(near, 1)], constant: -(16 << 16)), scale: 16, minimumWidth: 40))
        let short = try b.truncate(b.refined(linear, toScale: 18), by: 10, toWidth: 50)
        let turned = try b.rotate(
            b.concatenate([s, s], shape: [rows, 2 * columns]), heads: 1, theta: 10000, firstPosition: 1,
            coefficientScale: 16, bound: 32)
        let chosen = try b.choose(
            b.clientBits("bits", shape: [rows, 1], rows: 0..<rows),
            of: b.concatenate([s, s], shape: [rows, 2, columns]))
        if target == .fssWithDealer {
            // Openings that are read in wider rings.
            let normed = try b.rmsNorm(s, rows: rows, columns: columns, epsilon: 1, scale: 8)
            try b.open(normed, as: "normed", to: [.client])
        }
        let sums = try b.map(truncated, .segmentSum(grid), shape: [rows])
        try b.open(b.concatenate([sums, short], shape: [rows + 8 * rows]), as: "client", to: [.client])
        try b.open(turned, as: "turned", to: [.client])
        try b.open(chosen, as: "chosen", to: [.client])
        try b.open(looked, as: "looked", to: [.client])
        try b.open(rectified, as: "rectified", to: [.client])
        try b.open(product, as: "server", to: [.server])
        try b.open(truncated, as: "both", to: [.server, .client])
        program = b.finish()
    }

    func run(
        _ fill: (Int) -> Int64, weight: Int64, share: UInt64, seed: UInt64,
        channels: (RecordingChannel, RecordingChannel) = RecordingChannel.pair()
    ) throws -> (run: ProgramRunner, frames: [[Frame]]) {
        let values = (0..<(rows * columns)).map(fill)
        let mask: UInt64 = (1 << 40) - 1
        let server = values.map { _ in Int64(bitPattern: share & mask) }
        // In a field the rest of the value is taken from the server's share.
        let client = values.map { Int64(bitPattern: (UInt64(bitPattern: $0) &- share) & mask) }
        let run = try ProgramRunner(
            program,
            server: [
                "server": values, "bias": [Int64](repeating: weight, count: columns),
                "w": [Int64](repeating: weight, count: columns * 8),
            ], client: ["client": values, "bits": (0..<rows).map(fill)],
            shared: ["shared": SharedTensor(values: values, server: server, client: client)], seed: seed,
            channels: channels)
        return (run, [channels.0.frames, channels.1.frames])
    }
}
