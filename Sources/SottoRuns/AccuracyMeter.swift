import SottoCostModel
import SottoModel

/// Compares private results with plaintext ones as they come.
struct AccuracyMeter {
    private var largest = 0.0
    private var sum = 0.0
    private var elements = 0
    private var agreeing = 0
    private var rows = 0

    /// - Parameter columns: elements of a row.
    mutating func compare(_ found: [Double], with expected: [Float], columns: Int) {
        for (a, b) in zip(found, expected) {
            let error = abs(a - Double(b))
            // What is no number stays so, whatever follows.
            if !(error <= largest) { largest = largest.isNaN ? largest : error }
            sum += error
        }
        elements += min(found.count, expected.count)
        for start in stride(from: 0, to: min(found.count, expected.count), by: columns) {
            let range = start..<start + columns
            rows += 1
            if ReferenceModel.mostLikely(found[range]) == ReferenceModel.mostLikely(expected[range]) { agreeing += 1 }
        }
    }

    var accuracy: CostReport.Accuracy? {
        guard elements > 0 else { return nil }
        return CostReport.Accuracy(
            maxAbsError: largest, meanAbsError: sum / Double(elements), top1Agreement: Double(agreeing) / Double(rows))
    }
}
