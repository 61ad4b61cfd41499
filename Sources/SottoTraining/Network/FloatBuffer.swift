/// Single-precision numbers at a fixed place in memory, 64-byte aligned, zero at first.
///
/// Training's arrays live as long as a run and are read and written by kernels and BLAS through pointers.
final class FloatBuffer {
    let pointer: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
        self.count = count
        let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
        pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
        pointer.initialize(repeating: 0, count: max(count, 1))
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }

    func clear() { pointer.update(repeating: 0, count: count) }

    func copy(from other: FloatBuffer) { pointer.update(from: other.pointer, count: min(count, other.count)) }

    /// The elements of a range.
    func values(_ range: Range<Int>) -> [Float] {
        Array(UnsafeBufferPointer(start: pointer + range.lowerBound, count: range.count))
    }

    /// Writes elements from an offset on.
    func write(_ values: [Float], at offset: Int) {
        values.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            (pointer + offset).update(from: base, count: source.count)
        }
    }
}
