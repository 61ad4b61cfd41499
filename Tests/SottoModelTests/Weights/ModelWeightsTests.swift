import Foundation
import SottoModel
import TestSupport
import Testing

@Suite struct ModelWeightsTests {
    private func edited() throws -> Architecture {
        try HuggingFaceModel.configuration(directory: ReferenceData.notation[8].directory).architecture
    }

    @Test func randomWeightsFillEveryShape() throws {
        for notation in Architecture.Notation.all {
            let architecture = try ArchitectureTests.small(notation.name)
            let weights = try ModelWeights.random(architecture, seed: 1)
            #expect(weights.tensors.map(\.name) == architecture.weightShapes.map(\.name))
            #expect(weights.tensors.map(\.tensor.shape) == architecture.weightShapes.map(\.shape))
            #expect(weights.tensors.reduce(0) { $0 + $1.tensor.count } == architecture.parameterCount)
        }
    }

    @Test func randomWeightsFollowTheSeed() throws {
        let architecture = try edited()
        func values(_ seed: UInt64) throws -> [[Float]] {
            try ModelWeights.random(architecture, seed: seed).tensors.map(\.tensor.values)
        }
        #expect(try values(7) == values(7))
        let (first, second) = (try values(7), try values(8))
        #expect(zip(first, second).contains { $0 != $1 })
        // No two random tensors of the same model begin alike.
        let starts = first.filter { $0.count > 4 && $0[0] != 1 && $0[0] != 0 }.map { Array($0.prefix(4)) }
        #expect(starts.count > 10 && Set(starts).count == starts.count)
    }

    @Test func randomWeightsAreNormalWithTheDeviation() throws {
        let architecture = try Architecture(
            notation: .init("SM+LN+G"), layers: 1, heads: 4, width: 256, context: 64, vocabulary: 100)
        let weights = try ModelWeights.random(architecture, seed: 3, standardDeviation: 0.05)
        let values = try #require(weights[.layer(0, .feedForwardInputWeight)]).values.map { Double($0) / 0.05 }
        let count = Double(values.count)
        func moment(_ power: Double) -> Double { values.reduce(0) { $0 + pow($1, power) } / count }
        // Six standard errors of the moments of 262,144 normal deviates.
        #expect(abs(moment(1)) < 6 / count.squareRoot())
        #expect(abs(moment(2) - 1) < 6 * (2 / count).squareRoot())
        #expect(abs(moment(3)) < 6 * (15 / count).squareRoot())
        #expect(abs(moment(4) - 3) < 6 * (96 / count).squareRoot())
        #expect((values.map(abs).max() ?? 0) > 4)
    }

    @Test func randomModelsHaveNeutralScales() throws {
        let weights = try ModelWeights.random(edited(), seed: 2)
        #expect(weights.layers[0].scale == .init(alpha: 1, beta: 1))
        #expect(weights.layers[1].attention.temperature?.values.allSatisfy { $0 == 1 } == true)
        #expect(weights.layers[0].norm1?.gamma.values.allSatisfy { $0 == 1 } == true)
        #expect(weights.layers[1].norm2?.beta?.values.allSatisfy { $0 == 0 } == true)
        #expect(weights.layers[0].norm2 == nil && weights.layers[1].norm1 == nil)
    }

    @Test func invalidDeviationIsRefused() throws {
        let architecture = try edited()
        #expect(throws: ModelError.invalidDeviation(-1)) {
            try ModelWeights.random(architecture, seed: 1, standardDeviation: -1)
        }
        #expect(throws: ModelError.self) {
            try ModelWeights.random(architecture, seed: 1, standardDeviation: .infinity)
        }
    }

    @Test func headIsTheEmbeddingOnlyIfTied() throws {
        let tied = try ModelWeights.random(ArchitectureTests.small(), seed: 1)
        #expect(tied.untiedHead == nil && tied.head == tied.tokenEmbedding)
        let untied = try ModelWeights.random(edited(), seed: 1)
        #expect(untied.untiedHead != nil && untied.head != untied.tokenEmbedding)
    }

    @Test func firstLayersKeepsEmbeddingAndHead() throws {
        let weights = try ModelWeights.random(edited(), seed: 1)
        let first = try weights.firstLayers(2)
        #expect(first.architecture == (try weights.architecture.firstLayers(2)))
        #expect(first.tensors.map(\.name) == first.architecture.weightShapes.map(\.name))
        for (name, tensor) in first.tensors { #expect(weights[name] == tensor) }
        #expect(weights[.layer(2, .queryKeyValueWeight)] != nil && first[.layer(2, .queryKeyValueWeight)] == nil)
        #expect(throws: ArchitectureError.layerCount(requested: 4, available: 3)) { try weights.firstLayers(4) }
    }

    @Test func eachDefectiveTensorIsRefusedByName() throws {
        let architecture = try edited()
        let sound = try ModelWeights.random(architecture, seed: 1)
        for (bad, shape) in architecture.weightShapes {
            func rebuilt(_ replacement: WeightTensor) throws -> ModelWeights {
                try ModelWeights(architecture: architecture) { name, _ in
                    try name == bad ? replacement : #require(sound[name])
                }
            }
            #expect(throws: ModelError.wrongShape(tensor: "\(bad)", expected: shape, found: shape + [2])) {
                try rebuilt(WeightTensor(shape: shape + [2], repeating: 1))
            }
            for value in [Float.nan, .infinity, -.infinity] {
                var values = try #require(sound[bad]).values
                values[values.count / 2] = value
                #expect(throws: ModelError.notFinite(tensor: "\(bad)")) {
                    try rebuilt(WeightTensor(shape: shape, values: values))
                }
                values = try #require(sound[bad]).values
                values[values.count - 1] = value
                #expect(throws: ModelError.notFinite(tensor: "\(bad)")) {
                    try rebuilt(WeightTensor(shape: shape, values: values))
                }
            }
        }
        for part in [WeightName.LayerPart.alpha, .temperature] {
            let bad = WeightName.layer(part == .alpha ? 0 : 1, part)
            #expect(throws: ModelError.zeroDivisor(tensor: "\(bad)")) {
                try ModelWeights(architecture: architecture) { name, shape in
                    try name == bad ? WeightTensor(shape: shape, repeating: 0) : #require(sound[name])
                }
            }
        }
    }
}
