import SottoAlgebra
import SottoSecureComputation

/// What a run costs, or would cost, operation by operation: the report that every command prints.
///
/// Its JSON form is described in `docs/report.md`. Pairs of bytes are `[server, client]`: the sender for `bytes_sent`, the
/// receiver for `dealer_bytes`. Totals are the sums of the operations, exactly.
public struct CostReport: Sendable, Hashable, Codable {
    public static let currentSchemaVersion = 1

    public let schemaVersion: Int
    public let model: String
    public let architecture: String
    public internal(set) var `protocol`: String
    public let preprocessing: String
    public let domain: String
    /// In decimal; of a field only.
    public let prime: String?
    /// Positions of the input; for a completion those of the prompt.
    public let context: Int
    /// Whose outputs the client learns: `last`, `all` or, for hidden states, `blocks`.
    public let positions: String
    /// Programs run one after the other: tokens of a completion, or windows of a text.
    public let inferences: Int
    /// Whether one process could see what must be secret.
    public let insecure: Bool
    public let totals: Totals
    /// The setup, then what was prepared offline, then the online operations, each in program order.
    public let operations: [Operation]
    /// Empty unless networks were asked for.
    public var latency: [Latency] = []
    /// Framing and handshakes by sender; measured only.
    public var wireOverheadBytes: ByParty<Int>?
    /// Largest resident memory of either party's process; measured only.
    public var peakMemoryBytes: ByParty<Int>?
    /// On the wall clock, waiting included; measured between processes only.
    public var elapsed: Elapsed?
    public var completion: Completion?
    /// Run by run; of a generation only.
    public var generation: Generation?
    public var accuracy: Accuracy?
    /// How near values came to their bounds; of runs whose plaintext is known only.
    public var range: Range?

    private enum CodingKeys: String, CodingKey {
        case schemaVersion = "schema_version"
        case model, architecture, `protocol`, preprocessing, domain, prime, context, positions, inferences, insecure
        case totals, operations, latency
        case wireOverheadBytes = "wire_overhead_bytes"
        case peakMemoryBytes = "peak_memory_bytes"
        case elapsed = "elapsed_seconds"
        case completion, generation, accuracy, range
    }

    /// What the runs of a generation cost: the prompt's, and those of one token each.
    public struct Generation: Sendable, Hashable, Codable {
        /// With the setup.
        public let prefill: Totals
        public let steps: [Totals]
        /// The last step's.
        public let perToken: Totals

        private enum CodingKeys: String, CodingKey {
            case prefill, steps
            case perToken = "per_token"
        }

        /// - Returns: nil unless there are steps.
        init?(_ runs: [Totals]) {
            guard let prefill = runs.first, runs.count > 1, let last = runs.last else { return nil }
            (self.prefill, steps, perToken) = (prefill, Array(runs.dropFirst()), last)
        }
    }

    public enum Phase: String, Sendable, Hashable, Codable, CaseIterable {
        /// Once for a session and model.
        case setup
        /// Independent of inputs, for each inference.
        case offline
        case online
    }

    public struct Totals: Sendable, Hashable, Codable {
        public let setup: PhaseTotal
        public let offline: PhaseTotal
        public let online: PhaseTotal

        public subscript(phase: Phase) -> PhaseTotal {
            switch phase {
            case .setup: setup
            case .offline: offline
            case .online: online
            }
        }
    }

    public struct PhaseTotal: Sendable, Hashable, Codable {
        public let bytesSent: ByParty<Int>
        public let dealerBytes: ByParty<Int>
        public let rounds: Int
        /// nil in an estimate.
        public let seconds: Double?

        private enum CodingKeys: String, CodingKey {
            case bytesSent = "bytes_sent"
            case dealerBytes = "dealer_bytes"
            case rounds, seconds
        }
    }

    /// All uses of one primitive under one path, in one phase.
    public struct Operation: Sendable, Hashable, Codable {
        /// As in `layer.3/ffn/gelu/look-up`.
        public let path: String
        public let phase: Phase
        public internal(set) var bytesSent: ByParty<Int>
        public internal(set) var dealerBytes: ByParty<Int>
        /// What the operation adds to the rounds of the whole.
        public internal(set) var rounds: Int
        /// Rounds that the operation would take alone.
        public internal(set) var depth: Int
        public internal(set) var flops: Int
        /// nil in an estimate.
        public internal(set) var seconds: Double?

        private enum CodingKeys: String, CodingKey {
            case path, phase
            case bytesSent = "bytes_sent"
            case dealerBytes = "dealer_bytes"
            case rounds, depth, flops, seconds
        }
    }

    /// Time on a network, by replay: seconds of every phase, each from its own start.
    public struct Latency: Sendable, Hashable, Codable {
        /// The local work that the times contain.
        public enum Compute: String, Sendable, Hashable, Codable, CaseIterable {
            /// The network alone.
            case none
            /// An estimate from this machine's calibration.
            case calibrated
            /// The work of the run that was metered.
            case measured
        }
        public let network: String
        public let rttMilliseconds: Double
        public let megabitsPerSecond: Double
        public let setup: Double
        public let offline: Double
        public let online: Double
        public let compute: Compute

        private enum CodingKeys: String, CodingKey {
            case network
            case rttMilliseconds = "rtt_ms"
            case megabitsPerSecond = "mbit_per_s"
            case setup, offline, online, compute
        }

        package init(_ network: Network, setup: Double, offline: Double, online: Double, compute: Compute) {
            self.network = network.name
            rttMilliseconds = network.rttMilliseconds
            megabitsPerSecond = network.megabitsPerSecond
            self.setup = setup
            self.offline = offline
            self.online = online
            self.compute = compute
        }

        public subscript(phase: Phase) -> Double {
            switch phase {
            case .setup: setup
            case .offline: offline
            case .online: online
            }
        }
    }

    /// Seconds of every phase, of all inferences: the setup and the offline phase until the client is done (without
    /// prefetching until it has its seed), the online phase until the slower party is.
    public struct Elapsed: Sendable, Hashable, Codable {
        public var setup: Double
        public var offline: Double
        public var online: Double
        /// Whether the offline phase ended before the online one began; otherwise what was left of it is in `online`.
        public let prefetched: Bool

        package init(setup: Double = 0, offline: Double = 0, online: Double = 0, prefetched: Bool) {
            self.setup = setup
            self.offline = offline
            self.online = online
            self.prefetched = prefetched
        }
    }

    public struct Completion: Sendable, Hashable, Codable {
        public let prompt: String
        public let `private`: String
        /// nil where nobody could compute it.
        public var plaintext: String?
        /// Token ids of the private completion.
        public let tokens: [Int]
        /// From the start of the command.
        public let secondsToFirstToken: Double?

        private enum CodingKeys: String, CodingKey {
            case prompt, `private`, plaintext, tokens
            case secondsToFirstToken = "seconds_to_first_token"
        }

        package init(
            prompt: String, private: String, plaintext: String? = nil, tokens: [Int],
            secondsToFirstToken: Double? = nil
        ) {
            self.prompt = prompt
            self.private = `private`
            self.plaintext = plaintext
            self.tokens = tokens
            self.secondsToFirstToken = secondsToFirstToken
        }
    }

    /// A private result compared with the same in floating point.
    public struct Accuracy: Sendable, Hashable, Codable {
        public let maxAbsError: Double
        public let meanAbsError: Double
        /// The fraction of rows with the same largest element.
        public let top1Agreement: Double

        private enum CodingKeys: String, CodingKey {
            case maxAbsError = "max_abs_error"
            case meanAbsError = "mean_abs_error"
            case top1Agreement = "top1_agreement"
        }

        package init(maxAbsError: Double, meanAbsError: Double, top1Agreement: Double) {
            self.maxAbsError = maxAbsError
            self.meanAbsError = meanAbsError
            self.top1Agreement = top1Agreement
        }
    }

    /// The operation that came nearest to its declared bound, or is farthest beyond it, in plaintext.
    public struct Range: Sendable, Hashable, Codable {
        /// Whether nothing left its bound; if not, results may be wrong.
        public let ok: Bool
        public let operation: String
        /// In real units; raw where the operation's bound follows from others.
        public let magnitude: Double
        public let bound: Double

        package init(_ finding: RangeFinding) {
            ok = finding.isWithin
            operation = finding.path
            magnitude = finding.magnitude
            bound = finding.bound
        }
    }

    /// What a report says of a run besides its costs.
    public struct Configuration: Sendable, Hashable {
        public var model: String
        public var architecture: String
        /// What was, or would be, run.
        public var target: Target
        public var context: Int
        public var positions: String
        public var insecure: Bool

        public init(
            model: String, architecture: String, target: Target, context: Int, positions: String, insecure: Bool
        ) {
            self.model = model
            self.architecture = architecture
            self.target = target
            self.context = context
            self.positions = positions
            self.insecure = insecure
        }
    }

    init(_ configuration: Configuration, inferences: Int, operations: [Operation]) {
        schemaVersion = Self.currentSchemaVersion
        model = configuration.model
        architecture = configuration.architecture
        `protocol` = configuration.target.protocolName
        preprocessing = configuration.target.preprocessing.name
        domain = configuration.target.domain.name
        prime = configuration.target.domain.prime?.description
        context = configuration.context
        positions = configuration.positions
        insecure = configuration.insecure
        self.inferences = inferences
        self.operations = operations
        totals = Totals(of: operations)
    }
}

extension CostReport.Totals {
    init(of operations: [CostReport.Operation]) {
        self.init(
            setup: CostReport.PhaseTotal(of: operations, in: .setup),
            offline: CostReport.PhaseTotal(of: operations, in: .offline),
            online: CostReport.PhaseTotal(of: operations, in: .online))
    }
}

extension CostReport.PhaseTotal {
    init(of operations: [CostReport.Operation], in phase: CostReport.Phase) {
        var (sent, dealt, rounds) = (ByParty<Int>.zero, ByParty<Int>.zero, 0)
        var seconds: Double?
        for operation in operations where operation.phase == phase {
            sent += operation.bytesSent
            dealt += operation.dealerBytes
            rounds += operation.rounds
            if let time = operation.seconds { seconds = (seconds ?? 0) + time }
        }
        self.init(bytesSent: sent, dealerBytes: dealt, rounds: rounds, seconds: seconds)
    }
}
