import SottoModel
import Testing

/// Edits of single parts as a user types them.
@Suite struct SinglePartEditTests {
    private func edited(_ edits: String..., of notation: String = "SM+LN+G") throws -> Architecture {
        try ArchitectureTests.small(notation).applying(edits.map { try ArchitectureEdit($0) })
    }

    @Test func everyKeyChangesItsPartOnly() throws {
        let base = try ArchitectureTests.small()
        let changes: [(String, (inout Architecture.Layer) -> Void)] = [
            ("attention.norm=none", { $0.norm1 = .none }), ("norm1=none", { $0.norm1 = .none }),
            ("ffn.norm=none", { $0.norm2 = .none }), ("ffn.activation=relu", { $0.activation = .relu }),
            ("ffn.activation=gelu", { $0.activation = .gelu }), ("ffn.scaled=true", { $0.feedForward.scaled = true }),
            ("attention.temperature=true", { $0.temperature = true }),
        ]
        for (edit, change) in changes {
            var layers = base.layers
            change(&layers[2])
            let found = try edited("layers[2].\(edit)")
            #expect(found.layers == layers, "\(edit)")
            #expect(found.finalNorm == base.finalNorm)
        }
        #expect(try edited("final_norm=none").finalNorm == .none)
        #expect(try edited("final_norm=none").layers == base.layers)
    }

    @Test func indicesSelectLayers() throws {
        func changed(_ index: String) throws -> [Int] {
            let found = try edited("layers[\(index)].ffn.norm=none")
            return found.layers.indices.filter { found.layers[$0].norm2 == .none }
        }
        #expect(try changed("0") == [0])
        #expect(try changed("1-3") == [1, 2, 3])
        #expect(try changed("0,2-3") == [0, 2, 3])
        #expect(try changed("*") == [0, 1, 2, 3])
    }

    @Test func editsApplyInOrderAndAreCheckedTogether() throws {
        let fused = try edited("layers[*].ffn.fused=true", "layers[*].ffn.activation=identity")
        #expect(fused.layers.allSatisfy { $0.feedForward.fused && $0.activation == .identity })
        #expect(throws: ArchitectureError.fusedActivation(layer: 1, activation: "gelu_new")) {
            try edited("layers[1].ffn.fused=true")
        }
        let last = try edited("layers[0].ffn.activation=relu", "layers[0].ffn.activation=gelu")
        #expect(last.layers[0].activation == .gelu)
    }

    @Test(arguments: [
        "", "=", "layers[0].ffn.activation", "layers[0].ffn.activation=", "=relu",
    ])
    func noPathAndValue(text: String) {
        #expect(throws: ArchitectureError.malformedEdit(text)) { try ArchitectureEdit(text) }
    }

    @Test(arguments: [
        "layers", "layers[]", "layers[a].ffn.norm", "layers[0]", "layers[0]ffn.norm", "layers[0].", "layers[0].ffn",
        "layers[3-1].ffn.norm", "layers[1-2-3].ffn.norm", "layers[-1].ffn.norm", "layers[1,].ffn.norm",
        "layer[0].norm1",
        "layers[99999999999999999999].norm1", "final", "layers[0].ffn.norm ",
    ])
    func unknownPathsNameTheValidOnes(path: String) throws {
        let error = try #require(throws: ArchitectureError.self) { try ArchitectureEdit(path + "=none") }
        guard case .unknownEditPath(path, let valid) = error else {
            Issue.record("\(path) gave \(error)")
            return
        }
        #expect(valid.contains("layers[N].ffn.activation") && valid.contains("final_norm"))
        #expect(error.description.contains("layers[N].attention.norm"))
    }

    @Test func valuesAndLayersThatDoNotExist() {
        #expect(throws: ArchitectureError.invalidIndex("4", layers: 4)) { try edited("layers[4].ffn.norm=none") }
        #expect(throws: ArchitectureError.invalidIndex("4", layers: 4)) { try edited("layers[0-4].ffn.norm=none") }
        for edit in ["layers[0].ffn.norm=relu", "layers[0].ffn.activation=true", "layers[0].ffn.scaled=yes"] {
            #expect {
                try edited(edit)
            } throws: { error in
                if case .invalidValue? = error as? ArchitectureError { true } else { false }
            }
        }
    }

    // MARK: Suggested edits

    @Test(arguments: Architecture.Notation.all.map(\.name))
    func everySingleEditChangesTheNetworkAndCanBeTyped(notation: String) throws {
        let base = try ArchitectureTests.small(notation)
        let edits = SingleEdit.all(of: base)
        #expect(Set(edits.map(\.edits)).count == edits.count)
        for edit in edits {
            let found = try base.applying(edit.edits.map { try ArchitectureEdit($0) })
            let changed = found.layers.indices.filter { found.layers[$0] != base.layers[$0] }
            #expect(changed == edit.layer.map { [$0] } ?? [])
            #expect((found.finalNorm != base.finalNorm) == (edit.kind == .dropFinalNorm))
        }
        let kinds = Set(edits.map(\.kind))
        let layer = base.layers[0]
        #expect(kinds.contains(.dropNorm) == (layer.norm1 != .none))
        #expect(kinds.contains(.useReLU) == (layer.activation == .geluNew))
        #expect(kinds.contains(.dropActivation) == (layer.activation != .identity))
        #expect(kinds.contains(.fuse) == !layer.feedForward.fused)
        #expect(kinds.contains(.dropTemperature) == layer.temperature)
    }

    @Test func gatedNetworksHaveEditsOfTheirOwn() throws {
        let base = try Architecture.preset(named: "llama-7b")
        let edits = SingleEdit.all(of: base).filter { $0.layer == 3 }
        #expect(edits.map(\.kind) == [.dropNorm, .dropNorm, .useReLU, .dropActivation, .dropGate, .fuse])
        for edit in edits { _ = try base.applying(edit.edits.map { try ArchitectureEdit($0) }) }
        #expect(try base.applying([ArchitectureEdit("layers[3].ffn.gated=false")]).layers[3].feedForward.gated == false)
    }

    // MARK: Sizes

    @Test func depthsRepeatEqualLayers() throws {
        let base = try ArchitectureTests.small()
        #expect(try base.withDepth(2).layers == Array(base.layers.prefix(2)))
        #expect(try base.withDepth(9).layers == Array(repeating: base.layers[0], count: 9))
        let uneven = try edited("layers[1].ffn.activation=relu")
        #expect(try uneven.withDepth(2).layers == Array(uneven.layers.prefix(2)))
        #expect(throws: ArchitectureError.unrepeatableLayers(requested: 5, available: 4)) { try uneven.withDepth(5) }
        for depth in [0, -1, Architecture.limits.layers + 1] {
            #expect(throws: ArchitectureError.self) { try base.withDepth(depth) }
        }
    }

    @Test func widthsKeepTheHeadsWidth() throws {
        let base = try Architecture.preset(named: "gpt2")
        let wide = try base.withWidth(1024)
        #expect(wide.heads == 16 && wide.width == 1024 && wide.feedForwardWidth == 4096)
        #expect(wide.layers == base.layers && wide.vocabulary == base.vocabulary && wide.tiedHead == base.tiedHead)
        #expect(try base.withWidth(768) == base)
        let llama = try Architecture.preset(named: "llama3-8b").withWidth(2048)
        #expect(llama.heads == 16 && llama.keyValueHeads == 4 && llama.positions == .rotary(theta: 500_000))
        #expect(!llama.hasBiases && llama.feedForwardWidth == 7168)
        #expect(throws: ArchitectureError.indivisibleResize(width: 1000, groupWidth: 64)) { try base.withWidth(1000) }
        for width in [0, -64, Architecture.limits.width + 64] {
            #expect(throws: ArchitectureError.self) { try base.withWidth(width) }
        }
    }
}
