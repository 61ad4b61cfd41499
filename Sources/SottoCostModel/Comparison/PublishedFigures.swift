import Foundation
import SottoModel

/// The figures that "Entropy-Guided Attention for Private LLMs" (arXiv 2501.03489v2) publishes in tables 2 to 4, 7 and 8:
/// facts to compare with, not measured by this package.
public struct PublishedFigures: Sendable {
    /// A row of table 3, 4, 7 or 8: SecretFlow-SPU with the BumbleBee protocols, no dealer, 100 Mbit/s and 80 ms.
    public struct Cost: Sendable, Hashable, Codable {
        public let table: Int
        public let layers: Int
        public let heads: Int
        public let width: Int
        public let context: Int
        public let architecture: String
        public let softmaxCount: Int
        public let normCount: Int
        public let activationCount: Int
        public let feedForwardGigaflops: Double
        public let attentionGigaflops: Double
        public let communicationGigabytes: Double
        public let latencyMinutes: Double

        private enum CodingKeys: String, CodingKey {
            case table, layers, heads, width, context, architecture
            case softmaxCount = "softmax_ops"
            case normCount = "layernorm_ops"
            case activationCount = "activation_ops"
            case feedForwardGigaflops = "ffn_gflops"
            case attentionGigaflops = "attention_gflops"
            case communicationGigabytes = "communication_gb"
            case latencyMinutes = "latency_min"
        }

        /// What the published bytes alone take at the published bandwidth, in minutes.
        public var transmissionMinutes: Double {
            communicationGigabytes * 8e3 / PublishedFigures.megabitsPerSecond / 60
        }
    }

    /// A published perplexity of a network that was trained without a norm's stand-in.
    public struct Perplexity: Sendable, Hashable, Codable {
        public let table: Int
        public let dataset: String
        public let layers: Int
        public let context: Int
        public let trainingTokens: String
        public let architecture: String
        /// NaN where training diverged.
        public let value: Double

        private enum CodingKeys: String, CodingKey {
            case table, dataset, layers, context, architecture
            case trainingTokens = "training_tokens"
            case value = "perplexity"
        }

        /// A value that is no number becomes null.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(table, forKey: .table)
            try container.encode(dataset, forKey: .dataset)
            try container.encode(layers, forKey: .layers)
            try container.encode(context, forKey: .context)
            try container.encode(trainingTokens, forKey: .trainingTokens)
            try container.encode(architecture, forKey: .architecture)
            if value.isFinite {
                try container.encode(value, forKey: .value)
            } else {
                try container.encodeNil(forKey: .value)
            }
        }
    }

    public let costs: [Cost]
    public let perplexities: [Perplexity]

    /// The bandwidth that the published latencies are said to be for.
    public static let megabitsPerSecond = 100.0

    /// Reads the package's resources.
    /// - Throws: ``ModelError/missingFile(path:)`` or ``PublishedFiguresError``.
    public init() throws {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let directory = try ResourceDirectory("Published", target: "SottoCostModel", source: source).url()
        func text(_ name: String) throws -> String {
            guard let text = try? String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8) else {
                throw ModelError.missingFile(path: directory.appendingPathComponent(name).path)
            }
            return text
        }
        try self.init(costs: text("pi-cost.csv"), perplexities: text("perplexity.csv"))
    }

    /// Reads the two tables as comma-separated values without quotes, a header first.
    /// - Throws: ``PublishedFiguresError`` with the line.
    package init(costs: String, perplexities: String) throws(PublishedFiguresError) {
        var (rows, values): ([Cost], [Perplexity]) = ([], [])
        for record in try Self.records(costs, file: "pi-cost.csv") { rows.append(try Cost(record)) }
        for record in try Self.records(perplexities, file: "perplexity.csv") {
            // A variant is a stand-in for a norm, of which no cost is published.
            if try record.text("variant").isEmpty { values.append(try Perplexity(record)) }
        }
        self.costs = rows
        self.perplexities = values
    }

    /// The published costs of a network of this size, or nil.
    public func cost(_ architecture: Architecture, name: String, context: Int) -> Cost? {
        costs.first {
            $0.layers == architecture.layers.count && $0.heads == architecture.heads && $0.width == architecture.width
                && $0.context == context && $0.architecture == name
        }
    }

    /// The published perplexities of a network of this size, by training tokens; there are none but of width 768.
    public func perplexities(_ architecture: Architecture, name: String, context: Int) -> [Perplexity] {
        guard costs.contains(where: { $0.width == architecture.width && $0.heads == architecture.heads }) else {
            return []
        }
        return perplexities.filter {
            $0.layers == architecture.layers.count && $0.context == context && $0.architecture == name
        }
    }

    fileprivate struct Record {
        let fields: [String: String]
        let file: String
        let line: Int

        func text(_ key: String) throws(PublishedFiguresError) -> String {
            guard let field = fields[key] else { throw .missingColumn(file: file, column: key) }
            return field
        }

        func number(_ key: String) throws(PublishedFiguresError) -> Int {
            let field = try text(key)
            guard let number = Int(field) else { throw .notANumber(file: file, line: line, column: key) }
            return number
        }

        func real(_ key: String) throws(PublishedFiguresError) -> Double {
            let field = try text(key)
            guard let number = Double(field) else { throw .notANumber(file: file, line: line, column: key) }
            return number
        }
    }

    private static func records(_ text: String, file: String) throws(PublishedFiguresError) -> [Record] {
        let lines = text.split(whereSeparator: \.isNewline).map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        guard let header = lines.first else { return [] }
        var records: [Record] = []
        for (index, fields) in lines.enumerated().dropFirst() {
            guard fields.count == header.count else { throw .fieldCount(file: file, line: index + 1) }
            records.append(
                Record(
                    fields: Dictionary(zip(header, fields), uniquingKeysWith: { first, _ in first }), file: file,
                    line: index + 1))
        }
        return records
    }
}

extension PublishedFigures.Cost {
    fileprivate init(_ record: PublishedFigures.Record) throws(PublishedFiguresError) {
        self.init(
            table: try record.number("table"), layers: try record.number("layers"), heads: try record.number("heads"),
            width: try record.number("d_model"), context: try record.number("context"),
            architecture: try record.text("architecture"), softmaxCount: try record.number("softmax_ops"),
            normCount: try record.number("layernorm_ops"), activationCount: try record.number("activation_ops"),
            feedForwardGigaflops: try record.real("ffn_gflops"),
            attentionGigaflops: try record.real("attention_gflops"),
            communicationGigabytes: try record.real("communication_gb"),
            latencyMinutes: try record.real("latency_min"))
    }
}

extension PublishedFigures.Perplexity {
    fileprivate init(_ record: PublishedFigures.Record) throws(PublishedFiguresError) {
        self.init(
            table: try record.number("table"), dataset: try record.text("dataset"),
            layers: try record.number("layers"), context: try record.number("context"),
            trainingTokens: try record.text("training_tokens"), architecture: try record.text("architecture"),
            value: try record.real("perplexity"))
    }
}

/// A table of published figures that cannot be read.
public enum PublishedFiguresError: Error, Equatable, Sendable, CustomStringConvertible {
    case missingColumn(file: String, column: String)
    case notANumber(file: String, line: Int, column: String)
    case fieldCount(file: String, line: Int)

    public var description: String {
        switch self {
        case .missingColumn(let file, let column): "\(file) has no column \(column); restore the package's file."
        case .notANumber(let file, let line, let column):
            "\(file), line \(line): \(column) is no number; restore the package's file."
        case .fieldCount(let file, let line):
            "\(file), line \(line): the number of fields is not that of the header; restore the package's file."
        }
    }
}
