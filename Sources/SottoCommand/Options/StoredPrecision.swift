import ArgumentParser
import SottoModel

/// How weights are stored.
enum StoredPrecision: String, ExpressibleByArgument, CaseIterable {
    case f32, f16, bf16

    var type: SafeTensors.StoredType {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16: .bfloat16
        }
    }
}
