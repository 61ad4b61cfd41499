import ArgumentParser
import Foundation
import SottoAlgebra
import SottoAttentionEntropy
import SottoCostModel
import SottoJSON
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRuns
import SottoSecureComputation
import SottoSessions
import SottoTokenization
import SottoTraining
import SottoTransport

/// How the program ends.
enum ExitStatus: Int32, Sendable {
    case success = 0
    case diverged = 1
    case usage = 64
    case badData = 65
    case unavailable = 69
    case internalError = 70
    case protocolError = 76
    case interrupted = 130
    case terminated = 143
}

/// Options that cannot be used, alone or together.
struct UsageError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Input that cannot be used.
struct DataError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Why the program ends before its work is done, and what it tells the user: one plain sentence on standard error.
struct Failure {
    let status: ExitStatus
    let message: String
    /// Whether the message is what was asked for, as with `--help`.
    let isOutput: Bool

    init(_ error: any Error) {
        if case DemoError.roleFailed(let status) = error {
            // The role has said why.
            (self.status, message, isOutput) = (status, "", false)
        } else if let known = Self.status(of: error) {
            status = known
            message = "sotto: " + Self.sentence("\(error)")
            isOutput = false
        } else if Self.isInternal(error) {
            status = .internalError
            message = "sotto: " + Self.sentence("\(error)")
            isOutput = false
        } else {
            isOutput = Sotto.exitCode(for: error) == .success
            status = isOutput ? .success : .usage
            message = isOutput ? Sotto.fullMessage(for: error) : Self.usage(error)
        }
    }

    /// What standard error gets where the message is none that was asked for.
    var lines: String { message.isEmpty ? "" : message + "\n" }

    func exit() -> Never {
        guard isOutput else {
            if !lines.isEmpty { Diagnostics.write(lines) }
            Foundation.exit(status.rawValue)
        }
        do {
            try Output.write(message)
            try Output.finish()
        } catch {
            Failure(error).exit()
        }
        Foundation.exit(status.rawValue)
    }

    private static func status(of error: any Error) -> ExitStatus? {
        switch error {
        case is UsageError:
            return .usage
        case is OutputError:
            return .internalError
        case is DataError, is ArchitectureError, is ModelError, is SafeTensorsError, is TokenizerError,
            is ReferenceModelError, is PreparedWeightsError, is FixedPointError, is ProgramError,
            is CalibrationError, is EntropyError, is OutOfRangeError, is PassBudgetError:
            return .badData
        case let error as TransportError:
            switch error.category {
            case .usage: return .usage
            case .unavailable: return .unavailable
            case .protocolViolation: return .protocolError
            }
        case is CorpusError, is RunFileError, is AttentionRowError, is JSONError:
            return .badData
        case is PrimeModulusError, is NetworkError, is RunError, is PassLengthError:
            return .usage
        case let error as TrainingError:
            switch error {
            case .nonFiniteLoss: return .diverged
            case .invalidBatch, .foreignState, .impossibleState: return .badData
            default: return .usage
            }
        case let error as Interruption:
            return error.signal == SIGINT ? .interrupted : .terminated
        case InterpreterError.impossibleDepth:
            return .protocolError
        case KeyFileError.inUse:
            return .unavailable
        case KeyFileError.otherSet, KeyFileError.malformedOffer:
            return .protocolError
        case is KeyFileError:
            return .badData
        case is PreprocessingError, is SessionError, is PackingError:
            return .protocolError
        case DemoError.roleEnded, is OpenBLASError:
            return .unavailable
        default:
            return nil
        }
    }

    /// Errors of the parser are the only others that a command line can cause.
    private static func isInternal(_ error: any Error) -> Bool {
        if error is CleanExit || error is ValidationError || error is ExitCode { return false }
        return String(reflecting: type(of: error)).hasPrefix("ArgumentParser.") == false
    }

    /// The parser's complaint and where to find help, in one sentence.
    private static func usage(_ error: any Error) -> String {
        let help = Sotto.fullMessage(for: error).split(separator: "\n").last { $0.contains("--help") }
        let command = help?.split(separator: "'").dropFirst().first ?? "sotto --help"
        var complaint = Sotto.message(for: error).split(separator: "\n").joined(separator: " ")
        while let last = complaint.last, ". ?".contains(last) { complaint.removeLast() }
        return "sotto: " + complaint + "; see '\(command)'."
    }

    /// One line that ends with a full stop.
    private static func sentence(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.hasSuffix(".") || line.hasSuffix("!") || line.hasSuffix("?") ? line : line + "."
    }
}
