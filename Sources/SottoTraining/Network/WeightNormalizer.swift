import SottoModel

/// Makes the matrices of the forward pass from what is trained, and gradients of what is trained from theirs.
///
/// - `weight`: `W = g·V/‖V‖` for every output j, by its column: `dg_j = dW_j·V_j/‖V_j‖`,
///   `dV_j = g_j/‖V_j‖·(dW_j - dg_j·V_j/‖V_j‖)`.
/// - `spectral`: `W = V/σ` with `σ = vᵀVu`, u and v from one power iteration an update and constants to the gradient:
///   `dV = (dW - ⟨dW, W⟩·v·uᵀ)/σ`.
final class WeightNormalizer {
    private let matrices: [NormalizedMatrix]
    private let layout: ParameterLayout
    private let openBLAS: OpenBLAS
    /// The power iteration's vectors of each spectrally normalised matrix: left v [in], right u [out].
    private(set) var singularVectors: [NormalizedMatrix: (left: [Float], right: [Float])] = [:]
    private var singularValues: [NormalizedMatrix: Float] = [:]
    private static let tiny: Float = 1e-12

    init(_ matrices: [NormalizedMatrix], layout: ParameterLayout, openBLAS: OpenBLAS) {
        self.matrices = matrices
        self.layout = layout
        self.openBLAS = openBLAS
    }

    var isEmpty: Bool { matrices.isEmpty }

    /// Sets gains to the norms of fresh matrices, so that training starts at them, and finds the singular vectors.
    func start(_ trained: FloatBuffer, seed: UInt64) {
        for (index, matrix) in matrices.enumerated() {
            let view = matrix.view(in: trained.pointer, layout)
            switch matrix.kind {
            case .weight:
                guard let gain = layout.gain(matrix) else { continue }
                trained.write(columnNorms(view), at: gain.lowerBound)
            case .spectral:
                let right = SplitMix64.normals(view.columns, seed: seed &+ UInt64(index), deviation: 1)
                singularVectors[matrix] = ([Float](repeating: 0, count: view.rows), normalized(right))
                for _ in 0..<15 { iterate(matrix, view) }
            }
        }
    }

    /// Continues from stored singular vectors.
    func restore(_ matrix: NormalizedMatrix, left: [Float], right: [Float]) {
        singularVectors[matrix] = (left, right)
    }

    /// The matrices with power iteration.
    var spectralMatrices: [NormalizedMatrix] { matrices.filter { $0.kind == .spectral } }

    /// Writes the normalised matrices to `effective`, which holds all other weights already.
    /// - Parameter iterates: whether the power iteration goes one step on.
    func apply(_ trained: FloatBuffer, to effective: FloatBuffer, iterates: Bool) {
        for matrix in matrices {
            let source = matrix.view(in: trained.pointer, layout)
            let target = matrix.view(in: effective.pointer, layout)
            switch matrix.kind {
            case .weight:
                guard let gain = layout.gain(matrix) else { continue }
                let factors = zip(columnNorms(source), trained.values(gain)).map { $1 / max($0, Self.tiny) }
                scaleColumns(of: source, by: factors, into: target)
            case .spectral:
                if iterates { iterate(matrix, source) }
                let sigma = singularValue(matrix, source)
                singularValues[matrix] = sigma
                scaleColumns(
                    of: source, by: [Float](repeating: 1 / sigma, count: source.columns), into: target)
            }
        }
    }

    /// Turns the gradient by the effective matrices into that by what is trained, in place.
    /// - Precondition: ``apply(_:to:iterates:)`` made `effective` from `trained`.
    func pullBack(_ gradient: FloatBuffer, trained: FloatBuffer, effective: FloatBuffer) {
        for matrix in matrices {
            let view = matrix.view(in: gradient.pointer, layout)
            switch matrix.kind {
            case .weight:
                guard let gain = layout.gain(matrix) else { continue }
                pullBackGains(
                    view, source: matrix.view(in: trained.pointer, layout), gains: trained.pointer + gain.lowerBound,
                    gainGradients: gradient.pointer + gain.lowerBound)
            case .spectral:
                pullBackSpectrum(view, effective: matrix.view(in: effective.pointer, layout), matrix)
            }
        }
    }

    private func pullBackGains(
        _ gradient: MatrixView, source: MatrixView, gains: UnsafeMutablePointer<Float>,
        gainGradients: UnsafeMutablePointer<Float>
    ) {
        let norms = columnNorms(source).map { max($0, Self.tiny) }
        var products = [Float](repeating: 0, count: source.columns)
        for row in 0..<source.rows {
            let (v, w) = (source.pointer + row * source.stride, gradient.pointer + row * gradient.stride)
            for column in 0..<source.columns { products[column] += v[column] * w[column] }
        }
        for column in 0..<source.columns {
            products[column] /= norms[column]
            gainGradients[column] += products[column]
        }
        let factors = norms.indices.map { gains[$0] / norms[$0] }
        let shares = norms.indices.map { products[$0] / norms[$0] }
        for row in 0..<source.rows {
            let (v, w) = (source.pointer + row * source.stride, gradient.pointer + row * gradient.stride)
            for column in 0..<source.columns {
                w[column] = factors[column] * (w[column] - shares[column] * v[column])
            }
        }
    }

    private func pullBackSpectrum(_ gradient: MatrixView, effective: MatrixView, _ matrix: NormalizedMatrix) {
        guard let vectors = singularVectors[matrix], let sigma = singularValues[matrix] else { return }
        var product: Float = 0
        for row in 0..<gradient.rows {
            product += openBLAS.innerProduct(
                gradient.columns, gradient.pointer + row * gradient.stride, effective.pointer + row * effective.stride)
        }
        for row in 0..<gradient.rows {
            let target = gradient.pointer + row * gradient.stride
            let share = product * vectors.left[row]
            for column in 0..<gradient.columns {
                target[column] = (target[column] - share * vectors.right[column]) / sigma
            }
        }
    }

    private func columnNorms(_ view: MatrixView) -> [Float] {
        var squares = [Float](repeating: 0, count: view.columns)
        for row in 0..<view.rows {
            let source = view.pointer + row * view.stride
            for column in 0..<view.columns { squares[column] += source[column] * source[column] }
        }
        return squares.map { $0.squareRoot() }
    }

    private func scaleColumns(of source: MatrixView, by factors: [Float], into target: MatrixView) {
        for row in 0..<source.rows {
            let (x, y) = (source.pointer + row * source.stride, target.pointer + row * target.stride)
            for column in 0..<source.columns { y[column] = factors[column] * x[column] }
        }
    }

    private func iterate(_ matrix: NormalizedMatrix, _ view: MatrixView) {
        guard var vectors = singularVectors[matrix] else { return }
        vectors.left = normalized(openBLAS.product(view, .plain, vectors.right))
        vectors.right = normalized(openBLAS.product(view, .transposed, vectors.left))
        singularVectors[matrix] = vectors
    }

    private func singularValue(_ matrix: NormalizedMatrix, _ view: MatrixView) -> Float {
        guard let vectors = singularVectors[matrix] else { return 1 }
        let image = openBLAS.product(view, .plain, vectors.right)
        return max(zip(vectors.left, image).reduce(0) { $0 + $1.0 * $1.1 }, Self.tiny)
    }

    private func normalized(_ x: [Float]) -> [Float] {
        let norm = max(x.reduce(0) { $0 + $1 * $1 }.squareRoot(), Self.tiny)
        return x.map { $0 / norm }
    }
}
