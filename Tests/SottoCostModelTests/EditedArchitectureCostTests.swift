import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import TestSupport
import Testing

/// Architectures that a JSON document makes of the paper's, layer by layer, cost what they declare.
@Suite struct EditedArchitectureCostTests {
    /// A random document of edits for a random small model.
    struct Edited {
        let architecture: Architecture
        let pass: ForwardPass
        let document: String

        init(seed: UInt64) throws {
            var generator = SeededGenerator(seed &* 7919)
            // Documents that do not fit together are refused; their share is small.
            while true {
                let original = try Self.original(&generator)
                let document = try Self.document(original, &generator)
                guard let edited = try? original.applying(edits: Data(document.utf8)) else { continue }
                architecture = edited
                self.document = document
                pass = try ForwardPass(
                    architecture: edited, new: Int.random(in: 1...edited.context, using: &generator),
                    output: ForwardPass.Output.allCases.randomElement(using: &generator)!)
                return
            }
        }

        private static func original(_ generator: inout SeededGenerator) throws -> Architecture {
            let (keyValueHeads, layers) = (
                Int.random(in: 1...2, using: &generator), Int.random(in: 1...3, using: &generator)
            )
            let heads = keyValueHeads * .random(in: 1...2, using: &generator)
            let notation = try Architecture.Notation(Small.notations.randomElement(using: &generator)!)
            let layer: Architecture.Layer = .random(using: &generator) ? .llama : notation.layer
            let isRotary = Bool.random(using: &generator)
            return try Architecture(
                layers: [Architecture.Layer](repeating: layer, count: layers), heads: heads,
                keyValueHeads: keyValueHeads,
                width: heads * (isRotary ? 2 : 1) * .random(in: 1...3, using: &generator),
                feedForwardWidth: .random(in: 1...20, using: &generator),
                context: .random(in: 1...9, using: &generator), vocabulary: .random(in: 2...23, using: &generator),
                finalNorm: layer.norm1, positions: isRotary ? .rotary(theta: 10000) : .learned,
                hasBiases: .random(using: &generator))
        }

        private static func document(_ original: Architecture, _ generator: inout SeededGenerator) throws -> String {
            func coin() -> Bool { .random(using: &generator) }
            var document: [String: Any] = [:]
            if coin() { document["notation"] = Small.notations.randomElement(using: &generator)! }
            if coin() { document["final_norm"] = Architecture.Norm.allCases.randomElement(using: &generator)!.rawValue }
            document["layers"] = (0..<Int.random(in: 1...4, using: &generator)).map { _ -> [String: Any] in
                var edit: [String: Any] = [
                    "index": coin() ? "all" : Int.random(in: 0..<original.layers.count, using: &generator) as Any
                ]
                if coin() { edit["notation"] = Small.notations.randomElement(using: &generator)! }
                for norm in ["norm1", "norm2"] where coin() {
                    edit[norm] = Architecture.Norm.allCases.randomElement(using: &generator)!.rawValue
                }
                if coin() { edit["scaled"] = coin() }
                if coin() { edit["temperature"] = coin() }
                if coin() { edit["gated"] = coin() }
                if coin() { edit["fused"] = coin() }
                if edit["fused"] as? Bool == true {
                    edit["activation"] = Architecture.Activation.identity.rawValue
                    edit["gated"] = false
                } else if coin() {
                    edit["activation"] = Architecture.Activation.allCases.randomElement(using: &generator)!.rawValue
                }
                return edit
            }
            return String(
                decoding: try JSONSerialization.data(withJSONObject: document, options: .sortedKeys), as: UTF8.self)
        }
    }

    private static let seeds: ClosedRange<UInt64> = 1...32

    @Test(
        arguments: seeds.map { ($0, Target.standard) }
            + (1...12).flatMap { [($0, Target.field), ($0, .fssWithDealer)] })
    func randomEditsCostWhatTheyDeclare(seed: UInt64, target: Target) throws {
        let edited = try Edited(seed: seed)
        let run = try ExactRun(
            edited.pass.program(target: target), fill: .small(seed: seed, bits: 12), seed: seed)
        #expect(run.mismatch == nil, "\(edited.document)")
        #expect(run.declared.totals.online.rounds > 0)
    }

    /// The random documents reach every part that an edit can set, in more than one network.
    @Test func theEditsCoverEveryPart() throws {
        let edited = try Self.seeds.map(Edited.init(seed:))
        let layers = edited.flatMap(\.architecture.layers)
        #expect(Set(layers.map(\.activation)) == Set(Architecture.Activation.allCases))
        #expect(Set(layers.map(\.norm1)) == Set(Architecture.Norm.allCases))
        #expect(Set(layers.map(\.norm2)) == Set(Architecture.Norm.allCases))
        #expect(Set(edited.map(\.architecture.finalNorm)) == Set(Architecture.Norm.allCases))
        #expect(Set(layers.map(\.temperature)).count == 2)
        // Fused, gated or neither, scaled or not.
        #expect(Set(layers.map(\.feedForward)).count == 6)
        #expect(Set(edited.map(\.architecture.hasBiases)).count == 2)
        #expect(Set(edited.map { $0.architecture.positions == .learned }).count == 2)
        #expect(
            edited.contains {
                $0.architecture.keyValueHeads > 1 && $0.architecture.keyValueHeads < $0.architecture.heads
            })
        #expect(edited.count { $0.architecture.notation == nil } >= 12)
        #expect(edited.contains { Set($0.architecture.layers).count > 1 })
        #expect(Set(edited.map(\.pass.output)).count == ForwardPass.Output.allCases.count)
    }
}
