import Foundation
import SottoJSON

/// A safetensors file: named tensors behind a JSON header, memory-mapped.
///
/// Layout: 8 bytes little-endian header length N, N bytes of JSON that map each name to `dtype`, `shape` and
/// `data_offsets`, then the data, which the tensors cover without gap or overlap. Everything is checked when the file
/// is opened, before any tensor is read. A mapped file must not be cut short while it is in use.
public struct SafeTensors: Sendable {
    /// The element types of the format.
    public enum ElementType: String, Sendable, Hashable, CaseIterable {
        case bool = "BOOL"
        case uint8 = "U8"
        case int8 = "I8"
        case float8e5m2 = "F8_E5M2"
        case float8e4m3 = "F8_E4M3"
        case int16 = "I16"
        case uint16 = "U16"
        case float16 = "F16"
        case bfloat16 = "BF16"
        case int32 = "I32"
        case uint32 = "U32"
        case float32 = "F32"
        case float64 = "F64"
        case int64 = "I64"
        case uint64 = "U64"

        /// The bytes of one element.
        package var byteWidth: Int {
            switch self {
            case .bool, .uint8, .int8, .float8e5m2, .float8e4m3: 1
            case .int16, .uint16, .float16, .bfloat16: 2
            case .int32, .uint32, .float32: 4
            case .float64, .int64, .uint64: 8
            }
        }

        static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
    }

    /// One tensor's line of the header.
    public struct Entry: Sendable, Hashable {
        /// The tensor's name.
        public let name: String
        /// The type of its elements.
        public let type: ElementType
        /// Its extents, outermost first.
        public let shape: [Int]
        /// Its bytes, counted from the start of the data.
        package let byteRange: Range<Int>
    }

    /// The tensors in the order of their bytes.
    public let entries: [Entry]
    /// The header's free-text `__metadata__`.
    public let metadata: [String: String]

    private let data: Data
    /// Where the file lies, if it is one.
    private let path: String?
    private let dataOffset: Int
    private let indices: [String: Int]

    /// The largest header the format allows.
    package static let headerLimit = 100_000_000

    /// Maps and checks a file.
    /// - Throws: ``SafeTensorsError``.
    public init(contentsOf url: URL) throws(SafeTensorsError) {
        let data: Data
        do {
            data = try Data(contentsOf: url, options: .alwaysMapped)
        } catch {
            throw .inaccessible(path: url.path, reason: "there is no such file, or it may not be read")
        }
        do {
            try self.init(data: data, path: url.path)
        } catch {
            throw .inFile(path: url.path, error: error)
        }
    }

    /// Checks a file's bytes.
    /// - Throws: ``SafeTensorsError``.
    public init(data: Data) throws(SafeTensorsError) { try self.init(data: data, path: nil) }

    private init(data: Data, path: String?) throws(SafeTensorsError) {
        guard data.count >= 8 else { throw .missingLength(bytes: data.count) }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let limit = min(data.count - 8, Self.headerLimit)
        guard length <= UInt64(limit) else { throw .headerTooLong(length: length, limit: limit) }
        let dataOffset = 8 + Int(length)
        let header = data[data.startIndex + 8..<data.startIndex + dataOffset]
        guard header.first == UInt8(ascii: "{") else {
            throw .malformedHeader(reason: "it does not start with an opening brace")
        }
        let document: JSONValue
        do {
            document = try JSONValue(parsing: header)
        } catch .duplicateKey(let key) {
            throw .duplicateTensor(key)
        } catch {
            throw .malformedHeader(reason: error.description)
        }
        guard case .object(let members) = document else { throw .malformedHeader(reason: "it is no object") }
        var entries: [Entry] = []
        var metadata: [String: String] = [:]
        for member in members {
            if member.key == "__metadata__" {
                metadata = try Self.metadata(member.value)
            } else {
                entries.append(try Self.entry(member.key, member.value))
            }
        }
        try Self.checkCoverage(&entries, available: data.count - dataOffset)
        self.entries = entries
        self.metadata = metadata
        self.data = data
        self.path = path
        self.dataOffset = dataOffset
        self.indices = .init(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    /// The header's line of a tensor, or nil.
    public func entry(named name: String) -> Entry? {
        indices[name].map { entries[$0] }
    }

    /// A tensor's elements in single precision; exact for F32, F16 and BF16.
    /// - Throws: ``SafeTensorsError/missingTensor(_:)`` or ``SafeTensorsError/unsupportedType(tensor:type:)``, of a file in
    ///   ``SafeTensorsError/inFile(path:error:)``.
    public func tensor(named name: String) throws(SafeTensorsError) -> WeightTensor {
        guard let entry = entry(named: name) else { throw located(.missingTensor(name)) }
        guard entry.type.isWeight else { throw located(.unsupportedType(tensor: name, type: entry.type.rawValue)) }
        let start = data.startIndex + dataOffset
        let bytes = data[start + entry.byteRange.lowerBound..<start + entry.byteRange.upperBound]
        let count = entry.byteRange.count / entry.type.byteWidth
        let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            bytes.withUnsafeBytes { raw in
                if entry.type == .float32 {
                    for index in 0..<count {
                        let bits = raw.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
                        buffer.initializeElement(at: index, to: Float(bitPattern: UInt32(littleEndian: bits)))
                    }
                } else {
                    let isHalf = entry.type == .float16
                    for index in 0..<count {
                        let word = raw.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
                        let bits = UInt16(littleEndian: word)
                        buffer.initializeElement(at: index, to: isHalf ? Float(halfBits: bits) : Float(brainBits: bits))
                    }
                }
            }
            initialized = count
        }
        return WeightTensor(shape: entry.shape, values: values)
    }

    private func located(_ error: SafeTensorsError) -> SafeTensorsError {
        path.map { .inFile(path: $0, error: error) } ?? error
    }
}

extension SafeTensors.ElementType {
    var isWeight: Bool { self == .float32 || self == .float16 || self == .bfloat16 }
}

// MARK: - Checking the header

extension SafeTensors {
    private static func metadata(_ value: JSONValue) throws(SafeTensorsError) -> [String: String] {
        guard case .object(let members) = value else { throw .malformedMetadata(key: "__metadata__") }
        var metadata: [String: String] = [:]
        for member in members {
            guard case .string(let text) = member.value else { throw .malformedMetadata(key: member.key) }
            metadata[member.key] = text
        }
        return metadata
    }

    private static func entry(_ name: String, _ value: JSONValue) throws(SafeTensorsError) -> Entry {
        guard case .object(let members) = value else {
            throw .malformedEntry(tensor: name, reason: "it is no object")
        }
        if let unknown = members.first(where: { !["dtype", "shape", "data_offsets"].contains($0.key) }) {
            throw .malformedEntry(tensor: name, reason: "it has the unknown key \(unknown.key.quoted)")
        }
        guard case .string(let typeName)? = value[key: "dtype"] else {
            throw .malformedEntry(tensor: name, reason: "dtype must be text")
        }
        guard let type = ElementType(rawValue: typeName) else { throw .unknownType(tensor: name, type: typeName) }
        guard let shape = integers(value[key: "shape"]) else {
            throw .malformedEntry(tensor: name, reason: "shape must be a list of integers")
        }
        guard let offsets = integers(value[key: "data_offsets"]), offsets.count == 2 else {
            throw .malformedEntry(tensor: name, reason: "data_offsets must be two integers")
        }
        guard let needed = byteCount(shape: shape, type: type) else { throw .invalidShape(tensor: name, shape: shape) }
        let (begin, end) = (offsets[0], offsets[1])
        guard begin >= 0, end >= begin else { throw .invalidOffsets(tensor: name, begin: begin, end: end) }
        guard end - begin == needed else { throw .sizeMismatch(tensor: name, needed: needed, found: end - begin) }
        return Entry(name: name, type: type, shape: shape, byteRange: begin..<end)
    }

    private static func integers(_ value: JSONValue?) -> [Int]? {
        guard case .array(let elements)? = value else { return nil }
        var integers: [Int] = []
        for element in elements {
            guard case .integer(let integer) = element else { return nil }
            integers.append(integer)
        }
        return integers
    }

    private static func byteCount(shape: [Int], type: ElementType) -> Int? {
        var bytes = type.byteWidth
        // Extents are multiplied even when one is zero, so that no shape with an overflowing part passes.
        var isEmpty = false
        for extent in shape {
            guard extent >= 0 else { return nil }
            if extent == 0 {
                isEmpty = true
                continue
            }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            bytes = product
        }
        return isEmpty ? 0 : bytes
    }

    /// Sorts the entries by their bytes and checks that they cover the data exactly.
    private static func checkCoverage(_ entries: inout [Entry], available: Int) throws(SafeTensorsError) {
        entries.sort {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
                < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
        }
        var covered = 0
        var previous = ""
        for entry in entries {
            guard entry.byteRange.upperBound <= available else {
                throw .outOfFile(tensor: entry.name, end: entry.byteRange.upperBound, available: available)
            }
            guard entry.byteRange.lowerBound >= covered else { throw .overlap(tensor: entry.name, other: previous) }
            guard entry.byteRange.lowerBound == covered else {
                throw .gap(tensor: entry.name, bytes: entry.byteRange.lowerBound - covered)
            }
            covered = entry.byteRange.upperBound
            previous = entry.name
        }
        guard covered == available else { throw .trailingBytes(available - covered) }
    }
}
