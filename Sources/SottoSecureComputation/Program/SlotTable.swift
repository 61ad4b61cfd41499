import SottoPreprocessing

/// What a builder knows of slots: who made them, how often they are read, and what they weigh.
struct SlotTable {
    /// Of an element in memory.
    let elementBytes: Int
    private var bytes: [Int] = []
    private var paths: [String] = []
    private(set) var readers: [Int] = []

    init(elementBytes: Int) { self.elementBytes = elementBytes }

    var count: Int { bytes.count }

    mutating func add(bytes: Int) -> Int {
        self.bytes.append(bytes)
        paths.append("")
        readers.append(0)
        return self.bytes.count - 1
    }

    mutating func note(_ primitive: any Primitive, _ path: String) {
        // A rearranged tensor is still what the operation before made.
        let isRearranged = primitive is MapTensor || primitive is Concatenate
        let maker = isRearranged ? primitive.inputs.first.map { paths[$0] } ?? path : path
        for slot in primitive.outputs { paths[slot] = maker }
        for slot in Set(primitive.inputs) { readers[slot] += 1 }
    }

    func path(of slot: Int) -> String { paths[slot] }

    /// What a party holds for a branch at most, in bytes: tensors from where they are made to where they are read last
    /// within it, with each instruction its correlations and messages, and of tiles within as many as their window admits.
    func residentBytes(of nodes: [Node], _ correlations: [any Correlation], _ tiling: Tiling) -> Int {
        var events: [Event] = []
        collect(nodes, correlations, tiling, into: &events)
        var last: [Int: Int] = [:]
        for (place, event) in events.enumerated() {
            for slot in event.reads + event.makes { last[slot] = place }
        }
        var held: Set<Int> = []
        var (resident, most) = (0, 0)
        for (place, event) in events.enumerated() {
            for slot in event.makes where held.insert(slot).inserted { resident += bytes[slot] }
            most = max(most, resident + event.transient)
            for slot in event.reads + event.makes where last[slot] == place && held.remove(slot) != nil {
                resident -= bytes[slot]
            }
        }
        return most
    }

    /// An instruction, or a set of tiles as a whole.
    private struct Event {
        let reads: [Int]
        let makes: [Int]
        let transient: Int
    }

    private func collect(
        _ nodes: [Node], _ correlations: [any Correlation], _ tiling: Tiling, into events: inout [Event]
    ) {
        for node in nodes {
            switch node {
            case .instruction(let instruction):
                let primitive = instruction.primitive
                let messages = instruction.rounds.map(\.total).max() ?? 0
                let material = instruction.correlations.reduce(0) {
                    $0 + correlations[$1].memoryBytes(perElement: elementBytes)
                }
                events.append(
                    Event(reads: primitive.inputs, makes: primitive.outputs, transient: 2 * messages + material))
            case .parallel(let branches):
                for branch in branches { collect(branch, correlations, tiling, into: &events) }
            case .tiles(let tiles):
                let instructions = node.branches.joined().map { $0 }.instructions
                let made = instructions.flatMap(\.primitive.outputs)
                let reads = instructions.flatMap(\.primitive.inputs)
                let inner = Dictionary(grouping: reads, by: { $0 }).mapValues(\.count)
                // What somebody outside still reads.
                let outputs = made.filter { readers[$0] > inner[$0] ?? 0 || inner[$0] == nil }
                events.append(
                    Event(
                        reads: reads, makes: outputs,
                        transient: tiles.reduce(0) { min(tiling.window(of: tiles), $0 + $1.bytes) }))
            }
        }
    }
}
