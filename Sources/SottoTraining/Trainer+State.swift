import SottoModel

extension Trainer {
    /// The model with normalisations folded into its matrices: an ordinary network of the architecture.
    /// - Throws: ``ModelError`` if a weight is not finite, or zero where it divides.
    public func weights() throws -> ModelWeights {
        refreshEffectiveWeights(iterates: false)
        return try ModelWeights(architecture: architecture) { name, shape in
            let start = layout.offset(name) ?? 0
            return WeightTensor(shape: shape, values: effective.values(start..<start + shape.reduce(1, *)))
        }
    }

    /// Each head's threshold, [layer][head], as a fraction of log T; nil without a regulariser.
    public var thresholds: [[Double]]? {
        guard settings.regulariser != nil else { return nil }
        return architecture.layers.indices.compactMap { layer in
            layout.threshold(layer: layer).map { parameters.values($0).map(Double.init) }
        }
    }

    /// Everything that a run goes on from, beside ``step``: parameters, both moments, the power iterations' vectors, and
    /// which layers have collapsed.
    public var state: [(name: String, tensor: WeightTensor)] {
        let groups = [
            (StateName.parameter, parameters), (StateName.firstMoment, optimizer.firstMoments),
            (StateName.secondMoment, optimizer.secondMoments),
        ]
        var state = groups.flatMap { group, buffer in
            layout.entries.map {
                ("\(group)\($0.name)", WeightTensor(shape: $0.shape, values: buffer.values($0.range)))
            }
        }
        for matrix in normalizer.spectralMatrices {
            guard let vectors = normalizer.singularVectors[matrix] else { continue }
            state.append((StateName.left(matrix), WeightTensor(vectors.left)))
            state.append((StateName.right(matrix), WeightTensor(vectors.right)))
        }
        state.append((StateName.collapsedAt, WeightTensor(collapse.collapsedAt.map(Float.init))))
        state.append((StateName.lastEntropy, WeightTensor(collapse.lastEntropy.map { Float($0) })))
        return state
    }

    /// Goes on from a stored state.
    /// - Throws: ``TrainingError/foreignState(tensor:)`` if a tensor is missing or has another shape,
    ///   ``TrainingError/impossibleState(tensor:reason:)`` if a number in it is none that training leaves; the trainer is
    ///   then as before.
    public func restore(_ state: [String: WeightTensor], step: Int) throws(TrainingError) {
        func tensor(_ name: String, _ shape: [Int]) throws(TrainingError) -> [Float] {
            guard let tensor = state[name], tensor.shape == shape else { throw .foreignState(tensor: name) }
            guard tensor.isFinite else {
                throw .impossibleState(tensor: name, reason: "it has infinities or NaN")
            }
            return tensor.values
        }
        let groups = [
            (StateName.parameter, parameters), (StateName.firstMoment, optimizer.firstMoments),
            (StateName.secondMoment, optimizer.secondMoments),
        ]
        var values: [(FloatBuffer, Int, [Float])] = []
        for (group, buffer) in groups {
            for entry in layout.entries {
                let elements = try tensor("\(group)\(entry.name)", entry.shape)
                if group == StateName.secondMoment, elements.contains(where: { $0 < 0 }) {
                    throw .impossibleState(tensor: "\(group)\(entry.name)", reason: "it has means of squares below 0")
                }
                values.append((buffer, entry.range.lowerBound, elements))
            }
        }
        var vectors: [(NormalizedMatrix, [Float], [Float])] = []
        for matrix in normalizer.spectralMatrices {
            vectors.append(
                (
                    matrix, try tensor(StateName.left(matrix), [matrix.rows]),
                    try tensor(StateName.right(matrix), [matrix.columns.count])
                ))
        }
        let layers = architecture.layers.count
        let collapsedAt = try tensor(StateName.collapsedAt, [layers])
        let lastEntropy = try tensor(StateName.lastEntropy, [layers])
        guard (0...settings.steps).contains(step) else {
            throw .impossibleState(tensor: "step", reason: "it is not within the steps of the settings")
        }
        guard collapsedAt.allSatisfy({ (0...Float(step)).contains($0) && $0 == $0.rounded() }) else {
            throw .impossibleState(tensor: StateName.collapsedAt, reason: "it has numbers of steps that were not made")
        }
        guard lastEntropy.allSatisfy({ $0 >= -1e-3 }) else {
            throw .impossibleState(tensor: StateName.lastEntropy, reason: "it has entropies below 0")
        }
        for (buffer, offset, elements) in values { buffer.write(elements, at: offset) }
        for (matrix, left, right) in vectors { normalizer.restore(matrix, left: left, right: right) }
        collapse.restore(collapsedAt: collapsedAt.map { Int($0) }, lastEntropy: lastEntropy.map(Double.init))
        self.step = step
    }

    /// A batch's loss and the gradient of every parameter by its name in ``state``, without an update.
    package func gradients(windows: [[Int32]]) throws -> (report: StepReport, gradients: [String: WeightTensor]) {
        let report = try accumulateGradients(windows)
        let pairs = layout.entries.map {
            ($0.name, WeightTensor(shape: $0.shape, values: shards[0].gradients.values($0.range)))
        }
        return (report, Dictionary(uniqueKeysWithValues: pairs))
    }
}

/// What tensors of a training state are called.
private enum StateName {
    static let parameter = "parameter."
    static let firstMoment = "first_moment."
    static let secondMoment = "second_moment."
    static let collapsedAt = "collapsed_at"
    static let lastEntropy = "last_entropy"
    static func left(_ matrix: NormalizedMatrix) -> String { "singular_left.\(matrix.name)" }
    static func right(_ matrix: NormalizedMatrix) -> String { "singular_right.\(matrix.name)" }
}

extension WeightTensor {
    /// A vector.
    fileprivate init(_ values: [Float]) { self.init(shape: [values.count], values: values) }
}
