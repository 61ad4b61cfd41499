import SottoTransport

public enum PreprocessingError: Error, Equatable, Sendable, CustomStringConvertible {
    case alreadyUsed(index: Int)
    case notInPlan(index: Int, count: Int)
    case otherPlan(index: Int)
    case missingWeight(name: String)
    case weightSize(name: String, expected: Int, got: Int)
    case otherWeights
    case malformedSeed(bytes: Int)
    /// A seed that was sent again would be used again.
    case seedOfAnotherRun(Int, expected: Int)
    case programMismatch(server: String, client: String)
    case sessionTaken(role: String)
    case unknownRole
    case malformedRequest(String)
    case otherTarget(dealer: String, parties: String)
    /// The second party of a session did not come.
    case partnerMissing(role: String, seconds: Double)
    /// A party waited for its partner longer than all others when there was no room for more.
    case displaced(role: String)
    case tooManySessions(Int)
    case idle(seconds: Double)
    /// Two parties make correlations of rings alone.
    case ringsOnly
    /// A message of the other party, of preprocessing between them, is none.
    case malformedMaking(String)
    /// A run that goes on where no earlier one has ended.
    case otherGeneration(rows: Int, kept: Int)
    /// Correlations that were dealt ahead are of runs that keep nothing.
    case keepsNothing
    /// The dealer was told to stop.
    case stopping

    public var description: String {
        switch self {
        case .alreadyUsed(let index):
            "Correlation \(index) was already used; a correlation serves one operation, once. Start a new session."
        case .notInPlan(let index, let count):
            "Correlation \(index) is not in the plan of \(count); both parties and the dealer must run the same program."
        case .otherPlan(let index):
            "Correlation \(index) is not as the operation needs it; it was prepared for another program."
        case .missingWeight(let name): "The masked weight \(name) was not received in the setup; run the setup first."
        case .weightSize(let name, let expected, let got):
            "The weight \(name) must have \(expected) elements and has \(got); give the server the model of this program."
        case .otherWeights:
            "This session was set up for a program with other weights; start a new session for this one."
        case .malformedSeed(let bytes): "The dealer sent a seed of \(bytes) bytes instead of 16."
        case .seedOfAnotherRun(let run, let expected):
            "The dealer sent the seed of run \(run) in run \(expected); start a new session."
        case .programMismatch(let server, let client):
            "The server asked for program \(server), the client for \(client); both must run the same version and model."
        case .sessionTaken(let role): "This session already has a \(role); start a new session."
        case .unknownRole: "The dealer serves a server and a client, and nobody else."
        case .partnerMissing(let role, let seconds):
            "The \(role) waited \(Self.text(seconds)) s at the dealer for its partner, which did not come; start again."
        case .displaced(let role):
            "The \(role) waited at the dealer for a partner that did not come, and gave its place to others."
        case .tooManySessions(let limit):
            "The dealer is busy: it deals for \(limit) sessions already; try again later."
        case .ringsOnly:
            "Without a dealer correlations are made for --domain ring64 only; choose it, or --preprocessing dealer."
        case .malformedMaking(let reason):
            "The other party's part of the preprocessing was refused: \(reason)."
        case .otherGeneration(let rows, let kept):
            "A run goes on after \(rows) positions and the session has kept \(kept); begin with the whole prompt again."
        case .keepsNothing:
            "Keys that were dealt ahead are for whole prefixes; run each token on its prefix, or use a dealer."
        case .stopping: "The dealer was told to stop; start it again, or use another one."
        case .idle(let seconds):
            "The session stood idle for \(Self.text(seconds)) s; start a new one, or allow a longer --idle-timeout."
        case .otherTarget(let dealer, let parties):
            "The dealer deals for \(dealer) and the parties ask for \(parties); start all three with the same protocol, domain and prime."
        case .malformedRequest(let reason): "The dealer could not take a request: \(reason)."
        }
    }
}

extension PreprocessingError: SessionFailure {
    package var abortKind: AbortKind {
        switch self {
        case .partnerMissing, .idle, .stopping: .unavailable
        case .displaced, .tooManySessions: .busy
        default: .refused
        }
    }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() && seconds < 1e9 ? "\(Int(seconds))" : "\(seconds)"
    }
}
