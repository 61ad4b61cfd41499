/// Memory that begins at a multiple of 64 bytes, as kernels by limbs want it.
///
/// Sendable although it holds a pointer: whoever fills it does so before others see it, or fills parts that do not overlap.
final class LimbMemory: @unchecked Sendable {
    let bytes: UnsafeMutablePointer<UInt8>
    let count: Int

    init(count: Int) {
        self.count = count
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 64), alignment: 64)
        bytes = memory.bindMemory(to: UInt8.self, capacity: max(count, 64))
    }

    deinit { UnsafeMutableRawPointer(bytes).deallocate() }
}
