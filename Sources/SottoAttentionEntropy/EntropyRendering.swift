import Foundation
import SottoReporting

extension EntropyReport {
    /// The report for people, or with `.csv` a row for each head, in plain numbers. As text it has a heat map of the heads.
    /// - Parameters:
    ///   - coloured: whether the heat map of the text has colours beside its shades, by a terminal's escape sequences.
    ///   - width: characters of a line of text.
    public func rendered(as format: Table.Format = .text, coloured: Bool = false, width: Int = .max) -> String {
        EntropyRendering(self).rendered(as: format, coloured: coloured, width: width)
    }
}

/// A report on entropies as text and tables.
private struct EntropyRendering {
    let report: EntropyReport
    private var entropies: AttentionEntropies { report.entropies }

    init(_ report: EntropyReport) { self.report = report }

    func rendered(as format: Table.Format, coloured: Bool, width: Int) -> String {
        switch format {
        case .csv: headTable.rendered(as: .csv)
        case .text:
            [
                heading.map { format.remark($0, width: width) }.joined(), heatMap(coloured: coloured, width: width),
                legend,
                rangeTable.rendered(as: .text, width: width),
                sentences.map { format.remark($0, width: width) }.joined(),
            ]
            .joined(separator: "\n")
        case .markdown, .latex:
            (paragraphs(heading, format) + [layerTable, rangeTable].map { $0.rendered(as: format) }
                + paragraphs(sentences, format)).joined(separator: "\n")
        }
    }

    /// Sentences with an empty line between them.
    private func paragraphs(_ sentences: [String], _ format: Table.Format) -> [String] {
        sentences.map { (format == .latex ? Table.escapedForLaTeX($0) : $0) + "\n" }
    }

    // MARK: Heat map

    private static func shade(_ range: EntropyRange) -> Character {
        switch range {
        case .lowest: "░"
        case .lowerMiddle: "▒"
        case .upperMiddle: "▓"
        case .highest: "█"
        }
    }

    /// Of the widest layer.
    private var heads: Int { entropies.means.map(\.count).max() ?? 0 }

    private var heading: [String] {
        let most = EntropyMaximum.ofCausalHead(context: entropies.context)
        return [
            "\(report.model), \(report.architecture), \(Self.count(entropies.means.count, "layer")), "
                + "\(Self.count(heads, "head")); \(Self.count(report.windows, "window")) of \(entropies.context) tokens",
            "nats: largest head \(Quantity.decimal(entropies.largest)), most that a causal head can have "
                + "\(Quantity.decimal(most)), log T \(Quantity.decimal(entropies.maximum))",
        ]
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)" + (number == 1 ? "" : "s")
    }

    private func heatMap(coloured: Bool, width: Int) -> String {
        let maximum = report.ranges.maximum
        let cells = entropies.means.indices.map { statistics(of: $0) }
        let notes = zip(Self.statisticNames, [10, 10, 14]).enumerated().map { index, note in
            TextHeatMap.Note(note.0, width: note.1, cells: cells.map { $0[index] })
        }
        return TextHeatMap(values: entropies.means, maximum: maximum, notes: notes) {
            Self.shade(EntropyRange(of: $0, maximum: maximum))
        }.rendered(coloured: coloured, width: width)
    }

    /// What stands beside each layer's heads.
    private static let statisticNames = ["mean", "variance", "of reachable"]

    private func statistics(of layer: Int) -> [String] {
        let statistics = entropies.layers[layer]
        return [
            Quantity.decimal(statistics.mean), Quantity.decimal(statistics.variance),
            entropies.reachableLayers[layer].map { Quantity.decimal($0.mean) } ?? "-",
        ]
    }

    private var legend: String {
        EntropyRange.allCases.map { "\(Self.shade($0)) \($0.interval) \(Self.name($0.verdict))" }
            .joined(separator: "   ") + "\n"
    }

    // MARK: Tables

    /// A row for each head, in plain numbers.
    private var headTable: Table {
        var table = Table(
            columns: ["layer", "head", "entropy", "reachable_ratio", "range", "verdict"].map { .init($0) })
        for (layer, heads) in entropies.means.enumerated() {
            for (head, entropy) in heads.enumerated() {
                table.rows.append(
                    .init([
                        "\(layer)", "\(head)", "\(entropy)",
                        entropies.reachableRatios[layer][head].map { "\($0)" } ?? "",
                        EntropyRange(of: entropy, maximum: report.ranges.maximum).rawValue,
                        report.findings.verdicts[layer][head].rawValue,
                    ]))
            }
        }
        return table
    }

    /// A row for each layer, a column for each head.
    private var layerTable: Table {
        let titles = ["layer"] + (0..<heads).map { "head \($0)" } + Self.statisticNames
        return Table(
            columns: titles.map { .init($0) },
            rows: entropies.means.indices.map { layer in
                let values = entropies.means[layer].map { String(format: "%.2f", $0) }
                return .init(
                    ["\(layer)"] + values + Array(repeating: "", count: heads - values.count) + statistics(of: layer))
            })
    }

    private var rangeTable: Table {
        let distributions: [(String, EntropyDistribution?)] = [
            ("share", report.ranges), ("max log T", report.rangesOfMaximum),
            ("of reachable", report.reachableRanges), ("max 1", report.reachableRangesOfMaximum),
        ]
        var table = Table(
            columns: [.init("range", .left), .init("head is", .left), .init("heads")]
                + distributions.map { .init($0.0) })
        for (index, range) in EntropyRange.allCases.enumerated() {
            let cells = distributions.map { _, distribution in
                distribution.map { Quantity.percent($0.shares[index]) } ?? "-"
            }
            table.rows.append(
                .init([range.interval, Self.name(range.verdict), "\(report.ranges.counts[index])"] + cells))
        }
        return table
    }

    // MARK: Findings

    private static func name(_ verdict: EntropyVerdict) -> String {
        switch verdict {
        case .collapsed: "collapsed"
        case .wellBehaved: "well behaved"
        case .overloaded: "overloaded"
        }
    }

    private static func list(_ layers: [Int]) -> String {
        (layers.count == 1 ? "layer " : "layers ") + layers.map(String.init).joined(separator: ", ")
    }

    /// One for each kind of finding, found or not.
    private var sentences: [String] {
        let findings = report.findings
        var result = [collapse(findings), overload(findings)]
        result.append(
            "\(findings.wellBehaved.found ? "Well behaved" : "Not well behaved"): "
                + "\(Quantity.percent(findings.wellBehaved.share)) of the heads are in the two middle ranges.")
        if !findings.isComparable {
            result.append(
                "The heads cannot be compared with each other, so that the findings are relative to the most that a "
                    + "causal head can have.")
        }
        return result
    }

    private func collapse(_ findings: EntropyFindings) -> String {
        let deep = findings.criteria.firstDeepLayer(of: entropies.means.count)
        let last = entropies.means.count - 1
        let limit = findings.criteria.nearZero * entropies.maximum
        return "\(findings.collapse.found ? "Entropy collapse" : "No entropy collapse"): "
            + "\(Quantity.percent(findings.collapse.share)) of the heads in "
            + (deep == last ? "layer \(deep)" : "layers \(deep) to \(last)")
            + " are below \(Quantity.decimal(limit)) nats"
            + (findings.collapse.layers.isEmpty
                ? "."
                : "; \(Quantity.percent(findings.criteria.collapseShare)) or more in \(Self.list(findings.collapse.layers)).")
    }

    private func overload(_ findings: EntropyFindings) -> String {
        let overload = findings.overload
        guard overload.found else {
            let isBelowFloor = overload.share > findings.criteria.overloadShare
            return "No entropic overload: \(Quantity.percent(overload.share)) of the heads are in the highest range"
                + (isBelowFloor ? ", but that is low itself." : ".")
        }
        return "Entropic overload: \(Quantity.percent(overload.share)) of the heads are in the highest range, "
            + "\(Quantity.percent(overload.earlyShare)) of them in early layers; more than "
            + "\(Quantity.percent(findings.criteria.overloadShare)) in \(Self.list(overload.layers))."
    }
}
