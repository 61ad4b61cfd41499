import SottoAlgebra
import SottoPreprocessing

/// A tensor that grows by rows from run to run of a session, and stays opened under its mask.
package struct KeptTensor: Sendable, Hashable {
    /// Its number in the programs of the session.
    package let index: Int
    /// Rows that earlier runs have opened.
    package let past: Int

    package init(index: Int, past: Int) {
        (self.index, self.past) = (index, past)
    }
}

extension KeptElements {
    /// Those of a part of the elements.
    func part(_ range: Range<Int>) -> KeptElements {
        let first = self.range.lowerBound + range.lowerBound
        return KeptElements(tensor: tensor, columns: columns, range: first..<first + range.count)
    }
}

/// The opened difference of a kept tensor's earlier rows, and a share of their mask.
/// - Communication: none.
struct RecallMasked: Primitive {
    let mask: CorrelationHandle<RingMask>
    let tensor: Int
    let output: Int

    private var count: Int { mask.kind.count }
    var label: String { "recall" }
    var inputs: [Int] { [] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] { [] }
    var correlationStages: [[Int]] { [[mask.index]] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) { encoder.append([tensor, count, mask.kind.width]) }

    func evaluate(_ state: PlaintextState) throws {
        state.set(output, try state.kept.recall(tensor, count: count))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let difference = try state.kept.recall(tensor, count: count, state.domain)
        state.set(output, .masked(difference: difference, mask: try state.take(mask).masks.tensors[0]))
        return []
    }
}

/// Keeps what is opened of a tensor for later runs.
/// - Communication: none.
struct KeepMasked: LocalPrimitive {
    let input: Int
    let tensor: Int
    let count: Int

    var label: String { "keep" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) { encoder.append([tensor, count]) }

    func evaluate(_ state: PlaintextState) throws { state.kept.keep(tensor, try state.values(input)) }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        state.kept.keep(tensor, try state.masked(input).difference)
        return []
    }
}

extension ProgramBuilder {
    /// Opens the differences of `secrets` to masks in one round, as ``openMasked(_:)``, and gives tensors that are kept with all
    /// their rows: `[past + rows, columns]` for new rows `[rows, columns]`. A row is opened once, whatever runs read it.
    package func openMasked(_ secrets: [Secret], keeping tensors: [KeptTensor?]) throws -> [MaskedSecret] {
        precondition(secrets.count == tensors.count)
        let kept = zip(secrets, tensors).map { x, tensor in
            tensor.map { tensor -> KeptElements in
                let columns = x.shape[1]
                declareKept(tensor.past..<tensor.past + x.shape[0])
                return KeptElements(
                    tensor: tensor.index, columns: columns,
                    range: tensor.past * columns..<tensor.past * columns + x.count)
            }
        }
        let opened = try openMasked(secrets, kept: kept)
        return try secrets.indices.map { index in
            guard let tensor = tensors[index], let elements = kept[index] else { return opened[index] }
            return try whole(tensor, elements, opened[index])
        }
    }

    private func whole(_ tensor: KeptTensor, _ new: KeptElements, _ opened: MaskedSecret) throws -> MaskedSecret {
        var all = opened
        if tensor.past > 0 {
            let recalled = try recalled(tensor, columns: new.columns, like: opened)
            let total = Secret(
                slot: opened.slot, shape: [tensor.past + opened.shape[0], new.columns], scale: opened.scale,
                magnitude: opened.magnitude, width: opened.width)
            all = joinedMasked([recalled, opened], as: total)
        }
        emit(KeepMasked(input: all.slot, tensor: tensor.index, count: all.count))
        return all
    }

    /// The earlier rows of a kept tensor, in the ring and at the scale of the new ones.
    package func recalled(_ tensor: KeptTensor, columns: Int, like new: MaskedSecret) throws -> MaskedSecret {
        let count = tensor.past * columns
        let mask = newCorrelation(
            RingMask(
                count: count, width: new.width,
                kept: KeptElements(tensor: tensor.index, columns: columns, range: 0..<count)))
        let slot = newSlot(elements: 2 * count)
        try emit(RecallMasked(mask: mask, tensor: tensor.index, output: slot))
        return MaskedSecret(
            slot: slot, view: MaskView(mask), shape: [tensor.past, columns], scale: new.scale,
            magnitude: new.magnitude, width: new.width)
    }
}
