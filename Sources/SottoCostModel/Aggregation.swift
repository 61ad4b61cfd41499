/// How finely a table shows operations.
public enum Grouping: String, Sendable, Hashable, CaseIterable {
    /// Operations of the same name in all layers together.
    case kind
    case layer
    case operation
    case primitive

    /// The group that a path such as `layer.3/ffn/gelu/look-up` falls into, and the section with a subtotal that the group
    /// belongs to, if any.
    func place(of path: String) -> (section: String?, group: String) {
        let parts = path.split(separator: "/").map(String.init)
        let isLayer = parts.count > 2 && parts[0].hasPrefix("layer.")
        switch self {
        case .layer:
            return (nil, parts[0])
        case .kind:
            let own = isLayer ? Array(parts.dropFirst()) : parts
            return (own[0], own.dropFirst().dropLast().joined(separator: "/"))
        case .operation:
            let depth = isLayer ? 2 : 1
            return (
                parts.prefix(depth).joined(separator: "/"), parts.dropFirst(depth).dropLast().joined(separator: "/")
            )
        case .primitive:
            let depth = isLayer ? 2 : 1
            return (parts.prefix(depth).joined(separator: "/"), parts.dropFirst(depth).joined(separator: "/"))
        }
    }
}

/// Operations added up, all phases side by side.
public struct CostGroup: Sendable, Hashable {
    /// What the group's subtotal is of; nil where there are none.
    public let section: String?
    /// Name within the section.
    public let name: String
    public private(set) var phases: [CostReport.Phase: CostReport.Operation]

    init(section: String?, name: String) {
        self.section = section
        self.name = name
        phases = [:]
    }

    /// The sum in one phase; all zero if there is nothing. Its `depth` means nothing above single primitives.
    public subscript(phase: CostReport.Phase) -> CostReport.Operation {
        phases[phase]
            ?? CostReport.Operation(
                path: name, phase: phase, bytesSent: .zero, dealerBytes: .zero, rounds: 0, depth: 0, flops: 0,
                seconds: nil)
    }

    /// The group's path.
    public var path: String { [section, name].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "/") }

    mutating func add(_ operation: CostReport.Operation) {
        var sum = self[operation.phase]
        sum.add(operation)
        phases[operation.phase] = sum
    }

    mutating func add(_ other: CostGroup) {
        for phase in CostReport.Phase.allCases { other.phases[phase].map { add($0) } }
    }
}

extension CostReport {
    /// The operations in groups: first those of the programs, section by section in order of first appearance, then
    /// preprocessing and setup.
    public func groups(by grouping: Grouping) -> [CostGroup] {
        var groups: [String: [CostGroup]] = [:]
        var sections: [String] = []
        var places: [String: Int] = [:]
        let inProgramOrder = [Phase.online, .offline, .setup].flatMap { phase in
            operations.filter { $0.phase == phase }
        }
        for operation in inProgramOrder {
            let (section, name) = grouping.place(of: operation.path)
            let key = section ?? ""
            if groups[key] == nil { sections.append(key) }
            var members = groups[key] ?? []
            let place = places["\(key)\n\(name)"] ?? members.count
            if place == members.count {
                places["\(key)\n\(name)"] = place
                members.append(CostGroup(section: section, name: name))
            }
            members[place].add(operation)
            groups[key] = members
        }
        return sections.flatMap { groups[$0] ?? [] }
    }

    /// The sum of some groups under one name.
    static func sum(of groups: some Sequence<CostGroup>, name: String) -> CostGroup {
        groups.reduce(into: CostGroup(section: nil, name: name)) { $0.add($1) }
    }
}
