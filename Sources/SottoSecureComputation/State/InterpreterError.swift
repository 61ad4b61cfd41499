public enum InterpreterError: Error, Equatable, Sendable, CustomStringConvertible {
    case emptySlot(Int)
    case missingInput(name: String)
    case inputSize(name: String, expected: Int, got: Int)
    case keptElements(tensor: Int, expected: Int, got: Int)
    case undeclaredBytes(path: String, declared: Int, sent: Int)
    case impossibleDepth(path: String, depth: UInt32)
    case foreignDomain(domain: String, need: String)

    public var description: String {
        switch self {
        case .emptySlot(let slot): "Slot \(slot) was read before it was written; this is an error of the program."
        case .missingInput(let name): "The input \(name) is missing; pass it to the interpreter."
        case .inputSize(let name, let expected, let got):
            "The input \(name) must have \(expected) elements and has \(got)."
        case .keptElements(let tensor, let expected, let got):
            "The run goes on with \(expected) elements of kept tensor \(tensor) and the session has \(got); begin with the whole "
                + "prompt again."
        case .undeclaredBytes(let path, let declared, let sent):
            "\(path) declared \(declared) bytes and made \(sent); this is an error of the primitive."
        case .foreignDomain(let domain, let need):
            "The domain \(domain) has no \(need), which this protocol suite needs; choose another --protocol or --domain."
        case .impossibleDepth(let path, let depth):
            "The peer's message for \(path) claims round \(depth), which the program cannot reach; run the same version "
                + "on both sides."
        }
    }
}
