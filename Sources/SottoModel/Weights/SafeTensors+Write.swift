import Foundation
import SottoJSON

extension SafeTensors {
    /// The element types that weights can be written as.
    public enum StoredType: String, Sendable, CaseIterable {
        case float32 = "F32"
        case float16 = "F16"
        case bfloat16 = "BF16"
    }

    /// The bytes of a safetensors file with these tensors, in this order.
    ///
    /// F16 and BF16 round to nearest, ties to even. The header is padded with spaces to a multiple of 8 bytes, so
    /// that the data is aligned when the file is mapped.
    /// - Throws: ``SafeTensorsError/duplicateTensor(_:)`` if a name occurs twice.
    public static func encode(
        _ tensors: [(name: String, tensor: WeightTensor)], as type: StoredType = .float32,
        metadata: [String: String] = [:]
    ) throws(SafeTensorsError) -> Data {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\($0.key.asJSON):\($0.value.asJSON)" }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var names: Set<String> = ["__metadata__"]
        var offset = 0
        for (name, tensor) in tensors {
            guard names.insert(name).inserted else { throw .duplicateTensor(name) }
            let end = offset + tensor.count * (type == .float32 ? 4 : 2)
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(name.asJSON):{\"dtype\":\"\(type.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
            )
            offset = end
        }
        var header = Array("{\(members.joined(separator: ","))}".utf8)
        header.append(contentsOf: repeatElement(0x20, count: (8 - header.count % 8) % 8))
        guard header.count <= headerLimit else {
            throw .headerTooLong(length: UInt64(header.count), limit: headerLimit)
        }
        var data = Data(capacity: 8 + header.count + offset)
        withUnsafeBytes(of: UInt64(header.count).littleEndian) { data.append(contentsOf: $0) }
        data.append(contentsOf: header)
        for (_, tensor) in tensors {
            append(tensor.values, as: type, to: &data)
        }
        return data
    }

    /// Writes a safetensors file, replacing what is there only once it is complete.
    /// - Throws: ``SafeTensorsError/duplicateTensor(_:)`` or ``SafeTensorsError/inaccessible(path:reason:)``.
    public static func write(
        _ tensors: [(name: String, tensor: WeightTensor)], to url: URL, as type: StoredType = .float32,
        metadata: [String: String] = [:]
    ) throws(SafeTensorsError) {
        let data = try encode(tensors, as: type, metadata: metadata)
        do {
            try data.write(to: url, options: .atomic)
        } catch {
            throw .inaccessible(path: url.path, reason: "the file cannot be written there")
        }
    }

    private static func append(_ values: [Float], as type: StoredType, to data: inout Data) {
        switch type {
        case .float32:
            values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { data.append(contentsOf: $0) }
        case .float16:
            values.map { $0.halfBits.littleEndian }.withUnsafeBytes { data.append(contentsOf: $0) }
        case .bfloat16:
            values.map { $0.brainBits.littleEndian }.withUnsafeBytes { data.append(contentsOf: $0) }
        }
    }
}
