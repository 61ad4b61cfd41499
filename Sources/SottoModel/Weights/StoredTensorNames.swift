/// What a model's files call its weights.
struct StoredTensorNames: Sendable, Hashable {
    let layout: HuggingFaceLayout
    /// What all names had before the layout's own, from a wrapper such as `module.` or `_orig_mod.`; empty if nothing.
    let prefix: String
    /// The files' names by the layout's.
    private let stored: [String: String]

    /// The names that files of a network get when they are written.
    init(writing architecture: Architecture) {
        layout = architecture.isLLaMA ? .llama : .gpt2
        prefix = ""
        stored = [:]
    }

    /// Finds the layout's names in those of the files, less one prefix that all have in common.
    /// - Throws: ``ModelError/mixedPrefix(prefix:tensor:)`` or ``ModelError/ambiguousTensor(names:)``.
    init(_ names: [String], layout: HuggingFaceLayout) throws(ModelError) {
        self.layout = layout
        let prefix = layout.wrapper(of: names)
        var stored: [String: String] = [:]
        for name in names {
            guard name.hasPrefix(prefix) else { throw .mixedPrefix(prefix: prefix, tensor: name) }
            let canonical = layout.canonicalName(String(name.dropFirst(prefix.count)))
            if let other = stored.updateValue(name, forKey: canonical) {
                throw .ambiguousTensor(names: [other, name].sorted())
            }
        }
        self.prefix = prefix
        self.stored = stored
    }

    /// The layout's names that the files have.
    var known: Set<String> { Set(stored.keys) }

    /// The files' name of a tensor, or nil if they have none such.
    subscript(name: String) -> String? { stored[name] }

    /// The tensors that a weight is made of, as the files call them or would.
    func names(of weight: WeightName, in architecture: Architecture) -> [String] {
        layout.parts(of: weight, shape: [0, 0], in: architecture).map { stored[$0.name] ?? prefix + $0.name }
    }
}
