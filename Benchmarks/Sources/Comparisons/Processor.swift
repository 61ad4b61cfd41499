import Foundation

/// What a figure was taken on.
enum Processor {
    /// Vendor, family and model where Linux tells them, else the name.
    static var description: String {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        func value(_ key: String) -> String? {
            let line = lines.first { $0.split(separator: ":").first?.trimmingCharacters(in: .whitespaces) == key }
            return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
        }
        guard let vendor = value("vendor_id"), let family = value("cpu family"), let model = value("model") else {
            return "unknown processor"
        }
        return "\(vendor), family \(family), model \(model)"
    }
}
