import Foundation
import SottoJSON
import SottoModel

/// Everything that a run needs to go on as if it had never stopped, in one safetensors file.
///
/// The tensors are the trainer's state; the rest stands in the file's metadata, with a SHA-256 of the whole file but its
/// own digits.
public struct Checkpoint: Sendable {
    /// The trainer's state by name.
    public let state: [String: WeightTensor]
    let header: Header

    /// What the run computes.
    public var plan: TrainingPlan { header.plan }
    /// Updates done.
    public var step: Int { header.step }

    private static let version = "2"

    /// Reads a checkpoint.
    /// - Throws: ``RunFileError/damagedCheckpoint(path:reason:)``.
    public init(contentsOf url: URL, digest: ContentDigest) throws(RunFileError) {
        do {
            // Read whole, not mapped: the file is replaced while the run goes on.
            let data = try Data(contentsOf: url)
            let file = try SafeTensors(data: data)
            guard file.metadata["sotto_checkpoint"] == Self.version else {
                throw RunFileError.damagedCheckpoint(
                    path: url.path, reason: "it is none, or of another version of Sotto")
            }
            guard try Seal.isIntact(data, digest) else {
                throw RunFileError.damagedCheckpoint(path: url.path, reason: "its checksum does not fit its contents")
            }
            guard let header = file.metadata["run"] else {
                throw RunFileError.damagedCheckpoint(path: url.path, reason: "its metadata are incomplete")
            }
            // Foundation's decoder can end the process on a syntax error.
            _ = try JSONValue(parsing: header.utf8)
            self.header = try JSONDecoder().decode(Header.self, from: Data(header.utf8))
            if let fault = self.header.fault {
                throw RunFileError.damagedCheckpoint(path: url.path, reason: "its \(fault) cannot be")
            }
            var state: [String: WeightTensor] = [:]
            for entry in file.entries { state[entry.name] = try file.tensor(named: entry.name) }
            // Before a trainer of that size is made: it holds each parameter with its two moments.
            guard state.values.reduce(0, { $0 + $1.count }) / 3 >= self.header.plan.architecture.parameterCount else {
                throw RunFileError.damagedCheckpoint(path: url.path, reason: "its tensors are too few for its network")
            }
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
    /// - Throws: ``RunFileError/writeFailed(path:reason:)``.
    static func write(
        _ tensors: [(name: String, tensor: WeightTensor)], header: Header, to url: URL, digest: ContentDigest
    ) throws {
        let json = String(decoding: try JSONEncoder().encode(header), as: UTF8.self)
        let data = try SafeTensors.encode(
            tensors, metadata: ["sotto_checkpoint": version, "run": json, Seal.key: Seal.blank])
        try DurableFile.replace(url, with: Seal.sealed(data, digest))
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

        /// What of it no run writes, or nil.
        var fault: String? {
            let layers = plan.architecture.layers.count
            guard step >= 0, step <= plan.settings.steps else { return "number of steps" }
            guard logLengths.values.allSatisfy({ $0 >= 0 }) else { return "length of a log" }
            guard seconds >= 0, seconds.isFinite else { return "time" }
            guard plan.logInterval >= 1 else { return "interval of the logs" }
            guard (lastStep == nil) == (step == 0) else { return "last step" }
            guard let lastStep else { return nil }
            let entropies = lastStep.entropies
            guard entropies.count == layers, entropies.allSatisfy({ $0.count == plan.architecture.heads }),
                lastStep.loss.isFinite, entropies.joined().allSatisfy(\.isFinite)
            else { return "last step" }
            return nil
        }
    }
}

extension Checkpoint {
    /// The checksum in a checkpoint: the SHA-256 of the file with zeros in the place of its own 64 digits.
    package enum Seal {
        /// Its key in the metadata.
        package static let key = "sha256"
        /// What stands in the place of the digits when they are computed.
        package static let blank = String(repeating: "0", count: 64)

        /// Such a text can stand nowhere else: inside of strings quotation marks are escaped.
        private static let mark = Data("\"\(key)\":\"".utf8)

        /// The file with its checksum in place of the first ``blank`` one or of any other.
        package static func sealed(_ data: Data, _ digest: ContentDigest) throws -> Data {
            guard let digits = range(in: data) else { return data }
            var data = data
            data.replaceSubrange(digits, with: blank.utf8)
            data.replaceSubrange(digits, with: try digest.digits(of: data).utf8)
            return data
        }

        /// Whether the file is as it was sealed.
        package static func isIntact(_ data: Data, _ digest: ContentDigest) throws -> Bool {
            guard let digits = range(in: data) else { return false }
            let found = data[digits]
            var blanked = data
            blanked.replaceSubrange(digits, with: blank.utf8)
            return Data(found) == Data(try digest.digits(of: blanked).utf8)
        }

        private static func range(in data: Data) -> Range<Int>? {
            guard let mark = data.range(of: mark), mark.upperBound + blank.utf8.count <= data.endIndex else {
                return nil
            }
            return mark.upperBound..<mark.upperBound + blank.utf8.count
        }
    }
}
