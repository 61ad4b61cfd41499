import SottoJSON

/// Why a safetensors file was refused; each description names the tensor at fault.
public enum SafeTensorsError: Error, Equatable, CustomStringConvertible {
    /// What is wrong with a file that was opened.
    indirect case inFile(path: String, error: SafeTensorsError)
    /// The file could not be opened or written.
    case inaccessible(path: String, reason: String)
    /// Fewer than the 8 bytes of the length field.
    case missingLength(bytes: Int)
    /// The length field claims more than the file holds, or more than the format allows.
    case headerTooLong(length: UInt64, limit: Int)
    /// The header is no JSON object.
    case malformedHeader(reason: String)
    /// A name occurs twice in the header.
    case duplicateTensor(String)
    /// `__metadata__` is no map from text to text.
    case malformedMetadata(key: String)
    /// A tensor's entry lacks a key, has one too many, or one of the wrong type.
    case malformedEntry(tensor: String, reason: String)
    /// The element type is not one of the format's.
    case unknownType(tensor: String, type: String)
    /// An extent is negative, or the product of the extents overflows.
    case invalidShape(tensor: String, shape: [Int])
    /// The offsets are negative or run backwards.
    case invalidOffsets(tensor: String, begin: Int, end: Int)
    /// The bytes lie outside the file.
    case outOfFile(tensor: String, end: Int, available: Int)
    /// The offsets span another number of bytes than shape and type need.
    case sizeMismatch(tensor: String, needed: Int, found: Int)
    /// The bytes belong to another tensor already.
    case overlap(tensor: String, other: String)
    /// Bytes before this tensor belong to no tensor.
    case gap(tensor: String, bytes: Int)
    /// Bytes after the last tensor belong to none.
    case trailingBytes(Int)
    /// There is no tensor of this name.
    case missingTensor(String)
    /// The tensor's elements are of a type that is not read as weights.
    case unsupportedType(tensor: String, type: String)

    public var description: String {
        switch self {
        case .inFile(let path, let error):
            "\(path): \(error)"
        case .inaccessible(let path, let reason):
            "\(path) cannot be accessed: \(reason)."
        case .missingLength(let bytes):
            "The file has \(bytes) bytes, too few for a safetensors file; download or export it again."
        case .headerTooLong(let length, let limit):
            "The header claims \(length) bytes where at most \(limit) can be; the file is cut short or no safetensors."
        case .malformedHeader(let reason):
            "The safetensors header cannot be read: \(reason)."
        case .duplicateTensor(let tensor):
            "Tensor \(tensor.quoted) occurs twice in the header; export the file again."
        case .malformedMetadata(let key):
            "The header's __metadata__ must map text to text; \(key.quoted) does not."
        case .malformedEntry(let tensor, let reason):
            "The entry of tensor \(tensor.quoted) is malformed: \(reason)."
        case .unknownType(let tensor, let type):
            "Tensor \(tensor.quoted) has the unknown type \(type.quoted); there are \(SafeTensors.ElementType.list)."
        case .invalidShape(let tensor, let shape):
            "Tensor \(tensor.quoted) has the shape \(shape), which is negative or too large."
        case .invalidOffsets(let tensor, let begin, let end):
            "Tensor \(tensor.quoted) has the offsets \(begin) to \(end), which are no range of bytes."
        case .outOfFile(let tensor, let end, let available):
            "Tensor \(tensor.quoted) ends at byte \(end) but the file holds \(available); it is cut short."
        case .sizeMismatch(let tensor, let needed, let found):
            "Tensor \(tensor.quoted) needs \(needed) bytes by its shape and type but spans \(found)."
        case .overlap(let tensor, let other):
            "Tensor \(tensor.quoted) shares bytes with tensor \(other.quoted)."
        case .gap(let tensor, let bytes):
            "\(bytes) bytes before tensor \(tensor.quoted) belong to no tensor."
        case .trailingBytes(let count):
            "\(count) bytes after the last tensor belong to no tensor."
        case .missingTensor(let tensor):
            "There is no tensor \(tensor.quoted) in the file."
        case .unsupportedType(let tensor, let type):
            "Tensor \(tensor.quoted) is of type \(type); convert it to F32, F16 or BF16."
        }
    }
}
