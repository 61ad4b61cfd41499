import Foundation
import Transformer

/// Everything that a run needs to go on as if it had never stopped, in one safetensors file.
///
/// The tensors are the trainer's state; the rest stands in the file's metadata.
public struct Checkpoint: Sendable {
    /// The trainer's state by name.
    public let state: [String: WeightTensor]
    let header: Header

    /// What the run computes.
    public var plan: TrainingPlan { header.plan }
    /// Updates done.
    public var step: Int { header.step }

    private static let version = "1"

    /// Reads a checkpoint.
    /// - Throws: ``RunFileError/damagedCheckpoint(path:reason:)``.
    public init(contentsOf url: URL) throws(RunFileError) {
        do {
            // Read whole, not mapped: the file is replaced while the run goes on.
            let file = try SafeTensors(data: Data(contentsOf: url))
            guard file.metadata["sotto_checkpoint"] == Self.version else {
                throw RunFileError.damagedCheckpoint(
                    path: url.path, reason: "it is none, or of another version of Sotto")
            }
            guard let header = file.metadata["run"] else {
                throw RunFileError.damagedCheckpoint(path: url.path, reason: "its metadata are incomplete")
            }
            self.header = try JSONDecoder().decode(Header.self, from: Data(header.utf8))
            guard (0...self.header.plan.settings.steps).contains(self.header.step),
                self.header.logLengths.values.allSatisfy({ $0 >= 0 })
            else { throw RunFileError.damagedCheckpoint(path: url.path, reason: "its metadata are impossible") }
            var state: [String: WeightTensor] = [:]
            for entry in file.entries { state[entry.name] = try file.tensor(named: entry.name) }
            self.state = state
        } catch let error as RunFileError {
            throw error
        } catch let error as SafeTensorsError {
            throw .damagedCheckpoint(path: url.path, reason: "\(error)")
        } catch {
            throw .damagedCheckpoint(path: url.path, reason: "it cannot be read")
        }
    }

    /// Writes the checkpoint in place of an older one: at every moment the old one is there or the new one, whole.
    /// - Throws: ``RunFileError/unwritable(path:)``.
    static func write(
        _ tensors: [(name: String, tensor: WeightTensor)], header: Header, to url: URL
    ) throws {
        let json = String(decoding: try JSONEncoder().encode(header), as: UTF8.self)
        let data = try SafeTensors.encode(tensors, metadata: ["sotto_checkpoint": version, "run": json])
        try DurableFile.replace(url, with: data)
    }

    /// What the metadata hold.
    struct Header: Codable, Sendable {
        let plan: TrainingPlan
        /// Updates done.
        let step: Int
        /// nil before the first update.
        let lastStep: LastStep?
        /// The lengths of the logs up to this step, in bytes, by the names of their files.
        let logLengths: [String: Int]
        /// Time spent in training so far.
        let seconds: Double
    }
}
