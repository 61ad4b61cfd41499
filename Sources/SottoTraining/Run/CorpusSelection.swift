import Foundation

/// Which files of a directory are trained on, and which are held out.
public struct CorpusSelection: Sendable, Hashable, Codable {
    /// Names of files end in a full stop and one of these; empty: in anything.
    public var extensions: [String]
    /// Files and directories of such names are left out.
    public var excluded: [NamePattern]
    /// A file is held out if the first byte of the SHA-256 of its relative path is divisible by this, 2 to 256: about one
    /// in so many.
    public var heldOutDivisor: Int
    /// Whether files are held out also where that leaves less to train on than it holds out.
    public var allowsSmallTrainingSet: Bool

    private enum CodingKeys: String, CodingKey {
        case extensions, excluded
        case heldOutDivisor = "held_out_divisor"
        case allowsSmallTrainingSet = "allows_small_training_set"
    }

    /// This selection.
    public init(
        extensions: [String] = [], excluded: [NamePattern] = [], heldOutDivisor: Int = 20,
        allowsSmallTrainingSet: Bool = false
    ) {
        self.extensions = extensions
        self.excluded = excluded
        self.heldOutDivisor = heldOutDivisor
        self.allowsSmallTrainingSet = allowsSmallTrainingSet
    }

    /// Records of earlier versions have no word of small training sets; theirs were allowed.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            extensions: try container.decode([String].self, forKey: .extensions),
            excluded: try container.decode([NamePattern].self, forKey: .excluded),
            heldOutDivisor: try container.decode(Int.self, forKey: .heldOutDivisor),
            allowsSmallTrainingSet: try container.decodeIfPresent(Bool.self, forKey: .allowsSmallTrainingSet) ?? true)
    }

    /// The paths of the selected files, relative to a directory, in the order of their UTF-8 bytes. Hidden files and
    /// directories and symbolic links are left out.
    /// - Throws: ``CorpusError/noDirectory(path:)`` or ``CorpusError/unreadable(path:)``.
    func paths(in directory: URL) throws(CorpusError) -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory.path, isDirectory: &isDirectory), isDirectory.boolValue
        else { throw .noDirectory(path: directory.path) }
        var paths: [String] = []
        var pending = [""]
        while let folder = pending.popLast() {
            let url = directory.appendingPathComponent(folder, isDirectory: true)
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else {
                throw .unreadable(path: url.path)
            }
            for name in names where !name.hasPrefix(".") && !excluded.contains(where: { $0.matches(name) }) {
                let path = folder.isEmpty ? name : folder + "/" + name
                // The attributes are those of a link itself, not of what it leads to.
                let attributes = try? FileManager.default.attributesOfItem(
                    atPath: url.appendingPathComponent(name).path)
                switch attributes?[.type] as? FileAttributeType {
                case .typeDirectory: pending.append(path)
                case .typeRegular where hasExtension(name): paths.append(path)
                default: continue
                }
            }
        }
        return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func hasExtension(_ name: String) -> Bool {
        extensions.isEmpty || extensions.contains { name.hasSuffix("." + $0) }
    }
}
