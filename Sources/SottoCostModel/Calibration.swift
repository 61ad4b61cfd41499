import Foundation
import SottoAlgebra
import SottoReporting
import SottoSecureComputation
import SottoTransport

/// What `sotto calibrate` keeps: the machine that was measured, where its kernels of matrix products change, and a model of its
/// local work for each number of threads.
public struct Calibration: Sendable, Hashable, Codable {
    /// Another version's files are measured anew.
    package static let currentVersion = 4

    public let version: Int
    public let machine: Machine
    /// Those of the last measurement; the standard before any.
    public var crossovers: ProductCrossovers
    /// By number of threads for matrix products, and by what programs are written for.
    public private(set) var models: [String: ComputeModel]

    public init(machine: Machine) {
        version = Self.currentVersion
        self.machine = machine
        crossovers = .standard
        models = [:]
    }

    public subscript(threads threads: Int, target: Target) -> ComputeModel? {
        get { models[Self.key(threads, target)] }
        set { models[Self.key(threads, target)] = newValue }
    }

    private static func key(_ threads: Int, _ target: Target) -> String { "\(threads), \(target)" }

    /// What tells machines apart.
    public struct Machine: Sendable, Hashable, Codable {
        public let processor: String
        public let cores: Int

        public init(processor: String, cores: Int) {
            self.processor = processor
            self.cores = cores
        }
    }
}

/// Why there is no calibration to use.
public enum CalibrationError: Error, Equatable, Sendable, CustomStringConvertible {
    case absent(path: String)
    case malformed(path: String)
    case otherVersion(path: String)
    case otherMachine(path: String)
    case unmeasured(path: String, threads: Int, target: Target)
    case unwritable(path: String)

    public var description: String {
        switch self {
        case .absent(let path): "There is no calibration at \(path); run `sotto calibrate`."
        case .malformed(let path):
            "The calibration at \(path) cannot be read and is not used; run `sotto calibrate` again."
        case .otherVersion(let path):
            "The calibration at \(path) is of another version and is not used; run `sotto calibrate` again."
        case .otherMachine(let path):
            "The calibration at \(path) is of another machine and is not used; run `sotto calibrate` here."
        case .unmeasured(let path, let threads, let target):
            "The calibration at \(path) has nothing for \(threads) threads and \(target) and is not used; run "
                + target.suiteNames.map { suite in
                    "`sotto calibrate --threads \(threads) --protocol \(suite) "
                        + "--preprocessing \(target.preprocessing.name) --domain \(target.domain.name)"
                        + (target.domain.prime.map { " --prime \($0)" } ?? "") + "`"
                }.joined(separator: " and ") + "."
        case .unwritable(let path):
            "The calibration cannot be written to \(path); choose a file in a directory that can, on a disk with room."
        }
    }
}

extension Calibration {
    /// - Throws: ``CalibrationError``, which says why the file is of no use here.
    public init(contentsOf url: URL, machine: Machine) throws(CalibrationError) {
        let data: Data
        do {
            // Never more than that, also of a device that has no end.
            data = try FileHandle(forReadingFrom: url).read(upToCount: Self.largestFile + 1) ?? Data()
        } catch {
            throw .absent(path: url.path)
        }
        guard data.count <= Self.largestFile else { throw .malformed(path: url.path) }
        struct Versioned: Decodable { let version: Int }
        guard let versioned = try? UntrustedJSON.decode(Versioned.self, from: Array(data)) else {
            throw .malformed(path: url.path)
        }
        guard versioned.version == Self.currentVersion else { throw .otherVersion(path: url.path) }
        guard let calibration = try? UntrustedJSON.decode(Calibration.self, from: Array(data)), calibration.isUsable
        else {
            throw .malformed(path: url.path)
        }
        guard calibration.machine == machine else { throw .otherMachine(path: url.path) }
        self = calibration
    }

    /// Nanoseconds for one unit of work that no machine needs: a quarter of an hour.
    private static let largestCoefficient = 1e12

    /// Files of more bytes are no calibrations.
    private static let largestFile = 16 << 20

    /// Coefficients that could have been measured: of the right number, not negative, not absurd.
    private var isUsable: Bool {
        models.values.allSatisfy { model in
            model.coefficients.values.allSatisfy { coefficients in
                coefficients.count == WorkSize.names.count
                    && coefficients.allSatisfy { (0...Self.largestCoefficient).contains($0) }
            }
        }
    }

    /// Replaces the file as a whole, so that nobody reads half of it; makes its directory.
    /// - Throws: ``CalibrationError/unwritable(path:)``, also for what is there and no file: a device would be replaced.
    public func write(to url: URL) throws(CalibrationError) {
        let present = try? FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)
        guard present.map({ $0[.type] as? FileAttributeType == .typeRegular }) ?? true else {
            throw .unwritable(path: url.path)
        }
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(JSONText.of(self).utf8).write(to: url, options: .atomic)
        } catch {
            throw .unwritable(path: url.path)
        }
    }
}
