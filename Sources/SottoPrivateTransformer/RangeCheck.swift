import SottoSecureComputation

/// Compares the values of forward passes with the architecture's declared bounds, in plaintext: what leaves its bound
/// would be computed wrongly under shares, where nobody could see it.
public struct RangeCheck: Sendable {
    private let weights: PreparedWeights
    private let target: Target
    /// Of the generation that is checked pass by pass.
    private let kept = KeptValues()
    /// The operation that came nearest to its bound so far, or is farthest beyond it.
    public private(set) var finding: RangeFinding?
    private var byName: [String: RangeFinding] = [:]

    public init(_ weights: PreparedWeights, target: Target) {
        self.weights = weights
        self.target = target
    }

    /// Whether nothing has left its bound so far.
    public var isWithin: Bool { finding?.isWithin ?? true }

    /// Runs a pass on fixed-point numbers.
    /// - Throws: errors of inputs and of programs that cannot be built.
    public mutating func check(
        _ pass: ForwardPass, _ input: ClientInput, progress: ((Double) -> Void)? = nil
    ) throws {
        try check(pass.program(target: target), input, progress: progress)
    }

    /// Runs the program of a pass on fixed-point numbers.
    mutating func check(_ program: Program, _ input: ClientInput, progress: ((Double) -> Void)? = nil) throws {
        let count = Double(max(program.instructionCount, 1))
        var done = 0.0
        let state = try PlaintextInterpreter().run(
            program, tensors: TensorSources([weights, input]), kept: kept
        ) { _, _ in
            done += 1
            progress?(done / count)
        }
        finding = .worse(finding, state.range)
        byName.merge(state.declaredFindings) { RangeFinding.worse($0, $1) ?? $0 }
    }

    /// - Throws: ``OutOfRangeError`` if anything has left its bound.
    public func requireWithin() throws(OutOfRangeError) {
        guard let finding, !finding.isWithin else { return }
        let beyond = byName.values.filter { !$0.isWithin }
        throw OutOfRangeError(finding: finding, beyond: beyond.sorted { $0.path < $1.path })
    }
}

/// A value beyond its declared bound.
public struct OutOfRangeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The operation that is farthest beyond its bound.
    public let finding: RangeFinding
    /// Every declared bound that values leave, each at its worst.
    public let beyond: [RangeFinding]

    package init(finding: RangeFinding, beyond: [RangeFinding]) {
        self.finding = finding
        self.beyond = beyond
    }

    public var description: String {
        let place = "\(finding.path) reaches \(Self.number(finding.magnitude)) where its bound is "
        let edits = beyond.compactMap { finding in
            finding.name.map { "--edit bounds.\($0)=\(Self.number(Self.suggestion(finding)))" }
        }
        guard !edits.isEmpty else {
            return place
                + "\(Self.number(finding.bound)) (raw), which follows from the declared bounds, so that a private "
                + "run would be wrong; declare larger ones."
        }
        return place
            + "\(Self.number(finding.bound)), so that a private run would be wrong; declare larger bounds with "
            + "\(edits.joined(separator: " ")) or in config.json, or go on with --allow-out-of-range."
    }

    /// A power of two less one, above the magnitude.
    private static func suggestion(_ finding: RangeFinding) -> Double {
        Double(sign: .plus, exponent: Int(finding.magnitude.exponent) + 1, significand: 1) - 1
    }

    private static func number(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
    }
}
