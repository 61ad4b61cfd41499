import Foundation
import SottoJSON

/// The tensors of a model's directory, in one safetensors file or in several behind an index.
struct StoredTensors: Sendable {
    static let weightsFile = "model.safetensors"
    static let indexFile = "model.safetensors.index.json"

    private let files: [SafeTensors]
    private let paths: [String]
    /// The file of each tensor.
    private let places: [String: Int]

    /// Maps and checks all files.
    /// - Throws: ``ModelError`` or ``SafeTensorsError``.
    init(directory: URL) throws {
        let url = directory.appendingPathComponent(Self.weightsFile)
        let index = directory.appendingPathComponent(Self.indexFile)
        if FileManager.default.isReadableFile(atPath: url.path) {
            try self.init(files: [SafeTensors(contentsOf: url)], paths: [url.path])
        } else if let json = try? Data(contentsOf: index) {
            let map = try Self.weightMap(json)
            let names = Set(map.values).sorted()
            try self.init(
                files: names.map { name in
                    let url = directory.appendingPathComponent(name)
                    guard FileManager.default.isReadableFile(atPath: url.path) else {
                        throw ModelError.missingFile(path: url.path)
                    }
                    return try SafeTensors(contentsOf: url)
                }, paths: names.map { directory.appendingPathComponent($0).path })
            let misplaced = map.filter { places[$0.key].map { names[$0] } != $0.value }
            if let (name, file) = misplaced.min(by: { $0.key < $1.key }) {
                throw ModelError.malformedIndex(
                    reason: "it places the tensor \(name.quoted) in \(file), which has it not")
            }
        } else {
            throw ModelError.missingFile(path: url.path)
        }
    }

    private init(files: [SafeTensors], paths: [String]) throws(ModelError) {
        var places: [String: Int] = [:]
        for (index, file) in files.enumerated() {
            for entry in file.entries {
                if let other = places.updateValue(index, forKey: entry.name) {
                    throw .duplicateTensor(entry.name, paths: [paths[other], paths[index]])
                }
            }
        }
        self.files = files
        self.paths = paths
        self.places = places
    }

    var entries: [SafeTensors.Entry] { files.flatMap(\.entries) }

    func entry(named name: String) -> SafeTensors.Entry? {
        places[name].flatMap { files[$0].entry(named: name) }
    }

    func tensor(named name: String) throws(SafeTensorsError) -> WeightTensor {
        guard let place = places[name] else { throw .missingTensor(name) }
        return try files[place].tensor(named: name)
    }

    /// The file of each tensor, as the index says.
    private static func weightMap(_ json: Data) throws(ModelError) -> [String: String] {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: json)
        } catch {
            throw .malformedIndex(reason: error.description)
        }
        guard case .object(let members)? = document[key: "weight_map"], !members.isEmpty else {
            throw .malformedIndex(reason: "\"weight_map\" must be an object that names a file for each tensor")
        }
        var map: [String: String] = [:]
        for member in members {
            // Only names within the directory.
            guard case .string(let file) = member.value, file.hasSuffix(".safetensors"), !file.contains("/"),
                file.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
            else {
                throw .malformedIndex(
                    reason: "the file of \(member.key.quoted) must be the name of a .safetensors file beside it")
            }
            map[member.key] = file
        }
        return map
    }
}
