import Foundation
import SottoAttentionEntropy

/// What every logged step reported: `log.csv`, `entropies.csv` and, with a regulariser, `thresholds.csv`.
///
/// No row has a time in it, so that a resumed run's files equal an unbroken one's.
struct TrainingLog {
    private var steps: CSVLog
    private var entropies: CSVLog
    private var thresholds: CSVLog?

    /// Starts the logs of a model with so many heads.
    /// - Throws: ``RunFileError``.
    init(starting files: RunFiles, heads: Int, hasThresholds: Bool) throws(RunFileError) {
        let columns = (0..<heads).map { "head_\($0)" }.joined(separator: ",")
        steps = try CSVLog(startingAt: files.log, header: "step,loss,penalty,gradient_norm,learning_rate")
        entropies = try CSVLog(
            startingAt: files.entropies, header: "step,layer,mean,variance,minimum,maximum,\(columns)")
        guard hasThresholds else { return }
        thresholds = try CSVLog(startingAt: files.thresholds, header: "step,layer,\(columns)")
    }

    /// Goes on with the logs after the lengths that a checkpoint has of them.
    /// - Throws: ``RunFileError``.
    init(resuming files: RunFiles, lengths: [String: Int]) throws(RunFileError) {
        func log(_ url: URL) throws(RunFileError) -> CSVLog? {
            guard let length = lengths[url.lastPathComponent] else { return nil }
            return try CSVLog(resumingAt: url, length: length)
        }
        guard let steps = try log(files.log) else { throw .shortLog(path: files.log.path) }
        guard let entropies = try log(files.entropies) else { throw .shortLog(path: files.entropies.path) }
        self.steps = steps
        self.entropies = entropies
        thresholds = try log(files.thresholds)
    }

    /// Appends a step's rows.
    /// - Parameters:
    ///   - step: counted from 1.
    ///   - thresholds: [layer][head].
    /// - Throws: ``RunFileError/writeFailed(path:reason:)``.
    mutating func append(
        step: Int, _ report: StepReport, learningRate: Double, thresholds values: [[Double]]?
    ) throws(RunFileError) {
        try steps.append(
            "\(step),\(report.loss),\(report.penalty),\(report.gradientNorm),\(learningRate)\n")
        var rows = ""
        for (layer, heads) in report.entropies.enumerated() {
            let summary = EntropyStatistics(of: heads)
            let cells = [summary.mean, summary.variance, summary.minimum, summary.maximum] + heads
            rows += "\(step),\(layer),\(Self.list(cells))\n"
        }
        try entropies.append(rows)
        guard let values else { return }
        try self.thresholds?.append(
            values.enumerated().map { layer, heads in "\(step),\(layer),\(Self.list(heads))\n" }.joined())
    }

    /// Waits until the system has the logs on its disk.
    /// - Throws: ``RunFileError/writeFailed(path:reason:)``.
    func synchronize() throws(RunFileError) {
        try steps.synchronize()
        try entropies.synchronize()
        try thresholds?.synchronize()
    }

    /// The files' lengths by their names.
    var lengths: [String: Int] {
        var lengths = [steps.name: steps.length, entropies.name: entropies.length]
        if let thresholds { lengths[thresholds.name] = thresholds.length }
        return lengths
    }

    /// Single precision: the numbers were computed in it.
    private static func list(_ values: [Double]) -> String {
        values.map { "\(Float($0))" }.joined(separator: ",")
    }
}
