import Dispatch

/// How a batch of matrix products `[m, k] * [k, n]` is split into parts that write different elements of the result.
struct ProductParts {
    let batch: Int
    let m: Int
    let k: Int
    let n: Int
    /// The height of the kernel's tiles; rows are cut at multiples of it.
    let rowMultiple: Int
    /// Multiplications of words that one of elements takes.
    var work = 1

    /// The width of the kernels' blocks.
    static let columnMultiple = 64

    /// A part of the whole: some of the batch, and of each product some rows and some columns.
    struct Part {
        var products: Range<Int>
        var rows: Range<Int>
        var columns: Range<Int>
    }

    /// Products of fewer multiplications than this, about a tenth of a millisecond, are not worth another thread.
    private static let workPerThread = 1 << 21

    /// Calls the body once for every part, at the same time.
    func run(threads: Int, _ body: @Sendable (Part) -> Void) {
        let work = batch * m * k * n * work
        let parts = split(into: min(threads, max(1, work / Self.workPerThread)))
        if parts.count == 1 {
            body(parts[0])
        } else {
            DispatchQueue.concurrentPerform(iterations: parts.count) { body(parts[$0]) }
        }
    }

    /// At most `count` parts: of the batch where that is enough, else of the longer side of each product.
    private func split(into count: Int) -> [Part] {
        let whole = Part(products: 0..<batch, rows: 0..<m, columns: 0..<n)
        if batch >= count {
            return Self.cut(batch, into: count, multiple: 1).map { part in with(whole) { $0.products = part } }
        }
        if n >= m {
            return Self.cut(n, into: count, multiple: Self.columnMultiple).map { part in
                with(whole) { $0.columns = part }
            }
        }
        return Self.cut(m, into: count, multiple: rowMultiple).map { part in with(whole) { $0.rows = part } }
    }

    private func with(_ part: Part, _ change: (inout Part) -> Void) -> Part {
        var part = part
        change(&part)
        return part
    }

    /// `0..<length` in at most `count` ranges of about equal length, whose inner bounds are multiples.
    private static func cut(_ length: Int, into count: Int, multiple: Int) -> [Range<Int>] {
        let units = (length + multiple - 1) / multiple
        let count = max(1, min(count, units))
        return (0..<count).map { index in
            let start = units * index / count * multiple
            return start..<min(length, units * (index + 1) / count * multiple)
        }
    }
}
