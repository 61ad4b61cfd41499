import Foundation

/// Where a target's resources lie: beside the program, or in the sources it was built from.
///
/// `Bundle.module` would end the process where a copied program has lost its resources.
package struct ResourceDirectory: Sendable {
    private let target: String
    private let name: String
    private let source: URL

    /// - Parameters:
    ///   - name: of the directory among the target's resources.
    ///   - source: the target's directory of sources.
    package init(_ name: String, target: String, source: URL) {
        self.name = name
        self.target = target
        self.source = source
    }

    /// - Throws: ``ModelError/missingFile(path:)``.
    package func url() throws -> URL {
        let places = [
            Bundle.main.bundleURL, Bundle.main.resourceURL, Bundle.main.executableURL?.deletingLastPathComponent(),
        ]
        let bundles = ["sotto_\(target).resources", "sotto_\(target).bundle"]
        let candidates =
            places.compactMap { $0 }.flatMap { place in bundles.map { place.appendingPathComponent($0) } } + [source]
        for candidate in candidates {
            let directory = candidate.appendingPathComponent(name, isDirectory: true)
            if FileManager.default.fileExists(atPath: directory.path) { return directory }
        }
        throw ModelError.missingFile(path: "The directory \(bundles[0]) beside the program")
    }
}
