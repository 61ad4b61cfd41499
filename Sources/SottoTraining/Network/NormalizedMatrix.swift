import SottoModel

/// One matrix that is normalised: some columns of a stored weight [in, out].
struct NormalizedMatrix: Hashable {
    let kind: WeightNormalization.Kind
    /// The stored weight it lies in.
    let weight: WeightName
    /// What it is called in a training state.
    let name: String
    /// Its inputs.
    let rows: Int
    /// The columns of the stored weight.
    let columns: Range<Int>
    /// The columns of the whole stored weight.
    let stride: Int

    /// The matrix inside a flat buffer.
    func view(in base: UnsafeMutablePointer<Float>, _ layout: ParameterLayout) -> MatrixView {
        let offset = layout.offset(weight) ?? 0
        return MatrixView(base + offset, rows: rows, columns: stride).columns(columns)
    }

    /// Every matrix that a normalisation names, layer by layer.
    static func all(of normalization: WeightNormalization?, in architecture: Architecture) -> [NormalizedMatrix] {
        guard let normalization else { return [] }
        let (width, inner) = (architecture.width, architecture.feedForwardWidth)
        return architecture.layers.indices.flatMap { index in
            normalization.matrices.sorted().flatMap { matrix -> [NormalizedMatrix] in
                func part(
                    _ part: WeightName.LayerPart, _ name: String, _ rows: Int, _ columns: Range<Int>, of stride: Int
                ) -> NormalizedMatrix {
                    NormalizedMatrix(
                        kind: normalization.kind, weight: .layer(index, part), name: "h.\(index).\(name)", rows: rows,
                        columns: columns, stride: stride)
                }
                func attention(_ third: Int, _ name: String) -> NormalizedMatrix {
                    part(
                        .queryKeyValueWeight, "attn.\(name)", width, third * width..<(third + 1) * width, of: 3 * width)
                }
                switch matrix {
                case .query: return [attention(0, "query")]
                case .key: return [attention(1, "key")]
                case .value: return [attention(2, "value")]
                case .output: return [part(.attentionOutputWeight, "attn.output", width, 0..<width, of: width)]
                case .feedForward where architecture.layers[index].feedForward.fused:
                    return [part(.fusedWeight, "mlp.fused", width, 0..<width, of: width)]
                case .feedForward:
                    return [
                        part(.feedForwardInputWeight, "mlp.input", width, 0..<inner, of: inner),
                        part(.feedForwardOutputWeight, "mlp.output", inner, 0..<width, of: width),
                    ]
                }
            }
        }
    }
}
