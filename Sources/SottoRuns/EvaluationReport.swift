import Foundation
import SottoCostModel
import SottoReporting

/// Perplexities, and the cost of the private runs.
public struct EvaluationReport: Sendable, Encodable {
    /// The model's name.
    public let model: String
    /// The architecture's name.
    public let architecture: String
    /// Tokens of a window.
    public let context: Int
    /// Tokens that were predicted.
    public let predictions: Int
    /// nats a token.
    public let meanLoss: Double
    /// nil without a private computation, as are the other private figures.
    public let privateMeanLoss: Double?
    /// Of the private runs of all windows.
    public let cost: CostReport?

    public var perplexity: Double { exp(meanLoss) }
    public var privatePerplexity: Double? { privateMeanLoss.map { exp($0) } }

    init(_ model: NamedArchitecture, window: Int, _ losses: Losses, cost: CostReport?) {
        self.model = model.name
        architecture = model.notation
        context = window
        predictions = losses.predictions
        meanLoss = losses.plaintext / Double(losses.predictions)
        privateMeanLoss = losses.private.map { $0 / Double(losses.predictions) }
        self.cost = cost
    }

    private enum CodingKeys: String, CodingKey {
        case schemaVersion = "schema_version"
        case model, architecture, context, predictions, perplexity
        case meanLoss = "mean_loss"
        case privatePerplexity = "private_perplexity"
        case privateMeanLoss = "private_mean_loss"
    }

    /// The keys of the cost report, if there is one, and the perplexities in one object.
    public func encode(to encoder: any Encoder) throws {
        try cost?.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(CostReport.currentSchemaVersion, forKey: .schemaVersion)
        try container.encode(model, forKey: .model)
        try container.encode(architecture, forKey: .architecture)
        try container.encode(context, forKey: .context)
        try container.encode(predictions, forKey: .predictions)
        try container.encode(perplexity, forKey: .perplexity)
        try container.encode(meanLoss, forKey: .meanLoss)
        try container.encodeIfPresent(privatePerplexity, forKey: .privatePerplexity)
        try container.encodeIfPresent(privateMeanLoss, forKey: .privateMeanLoss)
    }

    /// The perplexities and the cost for people, or with `.csv` the perplexities alone.
    /// - Parameters:
    ///   - grouping: how finely the cost is shown.
    ///   - width: characters of a line of text.
    public func rendered(
        as format: Table.Format = .text, by grouping: Grouping = .kind, width: Int = .max
    ) -> String {
        var table = Table(
            columns: [.init("", .left), .init("perplexity"), .init("mean loss"), .init("predictions")])
        func decimal(_ value: Double) -> String { value.isNaN ? "NaN" : Quantity.decimal(value) }
        func row(_ name: String, _ loss: Double) -> Table.Row {
            .init([name, decimal(exp(loss)), decimal(loss), "\(predictions)"])
        }
        table.rows.append(row("plaintext", meanLoss))
        if let privateMeanLoss { table.rows.append(row("private", privateMeanLoss)) }
        guard let cost, format != .csv else { return table.rendered(as: format, width: width) }
        return table.rendered(as: format, width: width) + "\n"
            + cost.rendered(.init(grouping: grouping, format: format, width: width))
    }
}
