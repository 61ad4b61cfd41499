import Foundation

/// Files that the scripts in `Reference` have written.
enum StoredData {
    static func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        let directory = Bundle.module.resourceURL ?? Bundle.module.bundleURL
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(contentsOf: directory.appendingPathComponent("Data/\(name)")))
    }
}
