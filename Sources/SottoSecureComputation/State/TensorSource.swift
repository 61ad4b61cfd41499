import SottoAlgebra

/// Fixed-point integers by name: a party's inputs, or the server's weights.
public protocol TensorSource: Sendable {
    /// - Throws: ``InterpreterError/missingInput(name:)``
    func tensor(_ name: String) throws -> [Int64]

    /// Some elements of a tensor of `count`; by default all are made first.
    /// - Throws: ``InterpreterError/inputSize(name:expected:got:)``, ``InterpreterError/missingInput(name:)``
    func tensor(_ name: String, count: Int, range: Range<Int>) throws -> [Int64]

    /// A party's share of a tensor as the domain packs it; nil where shares are 64-bit integers, as those of a ring.
    func packedShare(_ name: String) throws -> [UInt8]?

    /// A tensor of the server as the right operand of products; nil where the source has no such tensor, or does not keep
    /// operands from run to run.
    /// - Throws: `RightOperandError` where entries are beyond the declared magnitude.
    func rightOperand<Domain: ShareDomain>(_ operand: ServerOperand, in domain: Domain) throws -> Domain.RightOperand?
}

/// A tensor of the server, through maps, as the right operand of products of matrices with any number of rows.
public struct ServerOperand: Sendable, Hashable {
    public let name: String
    /// Elements of the tensor.
    public let count: Int
    public let maps: [LinearMap]
    /// With one row on the left.
    public let shape: ProductShape
    public let widths: ProductWidths

    package init(name: String, count: Int, maps: [LinearMap], shape: ProductShape, widths: ProductWidths) {
        (self.name, self.count, self.maps, self.shape, self.widths) = (name, count, maps, shape.ofOneRow, widths)
    }

    /// The operand of the tensor's elements.
    public func prepared<Domain: ShareDomain>(
        _ elements: Domain.Elements, in domain: Domain
    ) throws -> Domain.RightOperand {
        try domain.rightOperand(domain.apply(maps, to: elements), shape: shape, widths: widths)
    }
}

extension TensorSource {
    public func rightOperand<Domain: ShareDomain>(
        _ operand: ServerOperand, in domain: Domain
    ) throws -> Domain.RightOperand? { nil }

    public func packedShare(_ name: String) throws -> [UInt8]? { nil }

    public func tensor(_ name: String, count: Int, range: Range<Int>) throws -> [Int64] {
        let values = try tensor(name)
        guard values.count == count else {
            throw InterpreterError.inputSize(name: name, expected: count, got: values.count)
        }
        return range.count == count ? values : Array(values[range])
    }
}

/// Tensors kept in a dictionary.
public struct TensorDictionary: TensorSource {
    private let tensors: [String: [Int64]]

    public init(_ tensors: [String: [Int64]] = [:]) { self.tensors = tensors }

    public func tensor(_ name: String) throws -> [Int64] {
        guard let tensor = tensors[name] else { throw InterpreterError.missingInput(name: name) }
        return tensor
    }
}

/// Several sources, asked in turn.
public struct TensorSources: TensorSource {
    private let sources: [any TensorSource]

    public init(_ sources: [any TensorSource]) { self.sources = sources }

    public func tensor(_ name: String) throws -> [Int64] {
        for source in sources {
            do { return try source.tensor(name) } catch InterpreterError.missingInput { continue }
        }
        throw InterpreterError.missingInput(name: name)
    }

    public func tensor(_ name: String, count: Int, range: Range<Int>) throws -> [Int64] {
        for source in sources {
            do { return try source.tensor(name, count: count, range: range) } catch InterpreterError.missingInput {
                continue
            }
        }
        throw InterpreterError.missingInput(name: name)
    }

    public func rightOperand<Domain: ShareDomain>(
        _ operand: ServerOperand, in domain: Domain
    ) throws -> Domain.RightOperand? {
        for source in sources { if let operand = try source.rightOperand(operand, in: domain) { return operand } }
        return nil
    }

    public func packedShare(_ name: String) throws -> [UInt8]? {
        for source in sources { if let share = try source.packedShare(name) { return share } }
        return nil
    }
}
