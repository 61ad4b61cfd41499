import Foundation
import SottoModel
import TestSupport
import Testing

@Suite struct SafeTensorsTests {
    /// A file of this header and this much data.
    static func file(_ header: String, data: Int = 0, length: UInt64? = nil) -> Data {
        var bytes = Data()
        withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: header.utf8)
        bytes.append(contentsOf: (0..<data).map { UInt8(truncatingIfNeeded: $0) })
        return bytes
    }

    static let sample: [(name: String, tensor: WeightTensor)] = [
        ("matrix", WeightTensor(shape: [2, 3], values: [1, -2, 0.5, 1024, -0.25, 0])),
        ("scalar", WeightTensor(scalar: 3)),
        ("empty", WeightTensor(shape: [0, 4], values: [])),
        ("é\"\\\n", WeightTensor(shape: [1], values: [-8])),
    ]

    // MARK: Round trips

    @Test(arguments: SafeTensors.StoredType.allCases) func roundTrip(type: SafeTensors.StoredType) throws {
        let data = try SafeTensors.encode(Self.sample, as: type, metadata: ["made by": "a \"test\""])
        let file = try SafeTensors(data: data)
        #expect(file.metadata == ["made by": "a \"test\""])
        #expect(Set(file.entries.map(\.name)) == Set(Self.sample.map(\.name)))
        for (name, tensor) in Self.sample {
            #expect(try file.tensor(named: name) == tensor)
            #expect(file.entry(named: name)?.type.rawValue == type.rawValue)
        }
        let headerLength = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(headerLength % 8 == 0)
    }

    @Test func mappedFileAndSliceReadAlike() throws {
        let data = try SafeTensors.encode(Self.sample)
        try withTemporaryDirectory { directory in
            let url = directory.appendingPathComponent("x.safetensors")
            try SafeTensors.write(Self.sample, to: url)
            #expect(try SafeTensors(contentsOf: url).tensor(named: "matrix") == Self.sample[0].tensor)
        }
        // A slice whose indices do not start at zero, and an odd header length: nothing may depend on alignment.
        let slice = (Data([1, 2, 3]) + data).dropFirst(3)
        #expect(try SafeTensors(data: slice).tensor(named: "matrix") == Self.sample[0].tensor)
        let odd = Self.file(#"{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} "#, data: 4)
        #expect(try SafeTensors(data: odd).tensor(named: "t").values == [Float(bitPattern: 0x0302_0100)])
    }

    @Test func readsSpecialValuesByTheirBits() throws {
        let values: [Float] = [.infinity, -.infinity, .nan, -0.0, .leastNonzeroMagnitude]
        let file = try SafeTensors(data: SafeTensors.encode([("x", WeightTensor(shape: [5], values: values))]))
        #expect(try file.tensor(named: "x").values.map(\.bitPattern) == values.map(\.bitPattern))
    }

    @Test func missingFilesAreNamed() {
        let url = URL(fileURLWithPath: "/nonexistent/model.safetensors")
        let error = #expect(throws: SafeTensorsError.self) { try SafeTensors(contentsOf: url) }
        #expect(error?.description.contains(url.path) == true)
        #expect(throws: SafeTensorsError.self) { try SafeTensors.write(Self.sample, to: url) }
    }

    @Test func writingRefusesDuplicateNames() {
        #expect(throws: SafeTensorsError.duplicateTensor("scalar")) {
            try SafeTensors.encode(Self.sample + [Self.sample[1]])
        }
        #expect(throws: SafeTensorsError.duplicateTensor("__metadata__")) {
            try SafeTensors.encode([("__metadata__", WeightTensor(scalar: 0))])
        }
    }

    @Test func otherTypesAreCheckedButNotReadAsWeights() throws {
        for type in SafeTensors.ElementType.allCases {
            let header = #"{"t":{"dtype":"\#(type.rawValue)","shape":[3],"data_offsets":[0,\#(3 * type.byteWidth)]}}"#
            let file = try SafeTensors(data: Self.file(header, data: 3 * type.byteWidth))
            if SafeTensors.StoredType(rawValue: type.rawValue) != nil {
                #expect(try file.tensor(named: "t").count == 3)
            } else {
                #expect(throws: SafeTensorsError.unsupportedType(tensor: "t", type: type.rawValue)) {
                    try file.tensor(named: "t")
                }
            }
            #expect(throws: SafeTensorsError.missingTensor("u")) { try file.tensor(named: "u") }
        }
    }

    @Test func emptyTensorOfAnUnsupportedTypeIsRefusedToo() throws {
        let file = try SafeTensors(data: Self.file(#"{"t":{"dtype":"I64","shape":[0],"data_offsets":[0,0]}}"#))
        #expect(throws: SafeTensorsError.unsupportedType(tensor: "t", type: "I64")) { try file.tensor(named: "t") }
    }

    // MARK: Malformed files

    struct Malformed: Sendable, CustomTestStringConvertible {
        let header: String
        var data = 8
        var length: UInt64?
        let error: SafeTensorsError
        var testDescription: String { header }
    }

    private static func entry(_ text: String, data: Int = 8, _ error: SafeTensorsError) -> Malformed {
        Malformed(header: "{\"t\":\(text)}", data: data, error: error)
    }

    private static func pair(_ first: String, _ second: String, data: Int = 8, _ error: SafeTensorsError) -> Malformed {
        let (a, b) = (first.split(separator: ","), second.split(separator: ","))
        return Malformed(
            header: """
                {"t":{"dtype":"U8","shape":[\(a[0])],"data_offsets":[\(a[1]),\(a[2])]},\
                "u":{"dtype":"U8","shape":[\(b[0])],"data_offsets":[\(b[1]),\(b[2])]}}
                """, data: data, error: error)
    }

    static let malformed: [Malformed] = [
        // Length and JSON.
        Malformed(header: "{}", data: 0, length: 3, error: .headerTooLong(length: 3, limit: 2)),
        Malformed(header: "{}", data: 0, length: .max, error: .headerTooLong(length: .max, limit: 2)),
        Malformed(header: "{}", data: 0, length: 1 << 63, error: .headerTooLong(length: 1 << 63, limit: 2)),
        Malformed(
            header: "", data: 0, error: .malformedHeader(reason: "it does not start with an opening brace")),
        Malformed(header: "[]", data: 0, error: .malformedHeader(reason: "it does not start with an opening brace")),
        Malformed(header: " {}", data: 0, error: .malformedHeader(reason: "it does not start with an opening brace")),
        Malformed(header: "{", data: 0, error: .malformedHeader(reason: "byte 1: a key expected")),
        Malformed(header: "{}x", data: 0, error: .malformedHeader(reason: "byte 2: the end of the document expected")),
        Malformed(header: "{}", data: 8, error: .trailingBytes(8)),
        // Duplicates.
        Malformed(header: #"{"t":{},"t":{}}"#, error: .duplicateTensor("t")),
        entry(#"{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}"#, .duplicateTensor("dtype")),
        // Metadata.
        Malformed(header: #"{"__metadata__":3}"#, data: 0, error: .malformedMetadata(key: "__metadata__")),
        Malformed(header: #"{"__metadata__":{"a":1}}"#, data: 0, error: .malformedMetadata(key: "a")),
        // Entries.
        entry("3", .malformedEntry(tensor: "t", reason: "it is no object")),
        entry("{}", .malformedEntry(tensor: "t", reason: "dtype must be text")),
        entry(
            #"{"dtype":7,"shape":[2],"data_offsets":[0,8]}"#,
            .malformedEntry(tensor: "t", reason: "dtype must be text")),
        entry(
            #"{"dtype":"F32","shape":2,"data_offsets":[0,8]}"#,
            .malformedEntry(tensor: "t", reason: "shape must be a list of integers")),
        entry(
            #"{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}"#,
            .malformedEntry(tensor: "t", reason: "shape must be a list of integers")),
        entry(
            #"{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}"#,
            .malformedEntry(tensor: "t", reason: "shape must be a list of integers")),
        entry(
            #"{"dtype":"F32","shape":[2]}"#,
            .malformedEntry(tensor: "t", reason: "data_offsets must be two integers")),
        entry(
            #"{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}"#,
            .malformedEntry(tensor: "t", reason: "data_offsets must be two integers")),
        entry(
            #"{"dtype":"F32","shape":[2],"data_offsets":["0","8"]}"#,
            .malformedEntry(tensor: "t", reason: "data_offsets must be two integers")),
        entry(
            #"{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}"#,
            .malformedEntry(tensor: "t", reason: "it has the unknown key \"x\"")),
        // Types.
        entry(#"{"dtype":"F31","shape":[2],"data_offsets":[0,8]}"#, .unknownType(tensor: "t", type: "F31")),
        entry(#"{"dtype":"f32","shape":[2],"data_offsets":[0,8]}"#, .unknownType(tensor: "t", type: "f32")),
        // Shapes.
        entry(#"{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}"#, .invalidShape(tensor: "t", shape: [-2])),
        entry(
            #"{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]}"#,
            .invalidShape(tensor: "t", shape: [1 << 62])),
        entry(
            #"{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}"#,
            .invalidShape(tensor: "t", shape: [1 << 32, 1 << 32])),
        entry(
            #"{"dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}"#,
            .invalidShape(tensor: "t", shape: [0, 1 << 32, 1 << 32])),
        entry(
            #"{"dtype":"F32","shape":[3],"data_offsets":[0,8]}"#, .sizeMismatch(tensor: "t", needed: 12, found: 8)),
        entry(
            #"{"dtype":"F16","shape":[2],"data_offsets":[0,8]}"#, .sizeMismatch(tensor: "t", needed: 4, found: 8)),
        entry(
            #"{"dtype":"F32","shape":[],"data_offsets":[0,8]}"#, .sizeMismatch(tensor: "t", needed: 4, found: 8)),
        // Offsets.
        entry(
            #"{"dtype":"F32","shape":[2],"data_offsets":[8,0]}"#, .invalidOffsets(tensor: "t", begin: 8, end: 0)),
        entry(
            #"{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}"#, .invalidOffsets(tensor: "t", begin: -8, end: 0)),
        entry(
            #"{"dtype":"F32","shape":[2],"data_offsets":[-9223372036854775808,9223372036854775807]}"#,
            .invalidOffsets(tensor: "t", begin: .min, end: .max)),
        entry(
            #"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#, data: 7,
            .outOfFile(tensor: "t", end: 8, available: 7)),
        entry(
            #"{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775799,9223372036854775807]}"#,
            .outOfFile(tensor: "t", end: .max, available: 8)),
        entry(#"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#, .gap(tensor: "t", bytes: 4)),
        entry(#"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#, .trailingBytes(4)),
        pair("4,0,4", "4,3,7", .overlap(tensor: "u", other: "t")),
        pair("4,0,4", "4,0,4", data: 4, .overlap(tensor: "u", other: "t")),
        pair("3,0,3", "4,4,8", .gap(tensor: "u", bytes: 1)),
        pair("8,0,8", "4,2,6", .overlap(tensor: "u", other: "t")),
    ]

    @Test(arguments: malformed) func refuses(_ file: Malformed) {
        let error = #expect(throws: SafeTensorsError.self) {
            try SafeTensors(data: Self.file(file.header, data: file.data, length: file.length))
        }
        #expect(error == file.error)
    }

    @Test func refusesFilesWithoutALength() {
        for count in 0..<8 {
            #expect(throws: SafeTensorsError.missingLength(bytes: count)) {
                try SafeTensors(data: Data(repeating: 0, count: count))
            }
        }
    }

    @Test func errorsNameTheTensorLegibly() {
        let description = SafeTensorsError.gap(tensor: "a\n\"" + String(repeating: "x", count: 500), bytes: 4)
            .description
        #expect(!description.contains("\n"))
        #expect(description.count < 200)
    }

    // MARK: Fuzz

    /// Random damage must be refused or read, never trap, and what is read must lie within the file.
    @Test func damagedFilesNeverTrap() throws {
        let whole = try SafeTensors.encode(Self.sample, metadata: ["k": "v"])
        var random = SplitMix64(state: 0x5AFE)
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = [UInt8](whole)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.insert(UInt8(ascii: "9"), at: index)
                case 3 where bytes.count > 1: bytes.remove(at: index)
                default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0..<12, using: &random)))
                }
            }
            do {
                let file = try SafeTensors(data: Data(bytes))
                for entry in file.entries {
                    #expect(entry.byteRange.upperBound <= bytes.count)
                    guard SafeTensors.StoredType(rawValue: entry.type.rawValue) != nil else { continue }
                    #expect(try file.tensor(named: entry.name).count == entry.shape.reduce(1, *))
                }
            } catch {
                refused += 1
            }
        }
        #expect(refused > 10_000 && refused < 20_000)
    }

    /// Damage inside the header only, by whole tokens of JSON, so that more of it gets past the reader.
    @Test func damagedHeadersNeverTrap() throws {
        let tokens = [
            "0", "1", "4", "8", "-1", "24", "9223372036854775807", "-9223372036854775808", "[]", "[2,3]", "{}", "null",
            "\"F32\"", "\"F16\"", "\"I64\"", "\"t\"", ",", ":", "1e3",
        ]
        let header = [
            "{", "\"t\"", ":", "{", "\"dtype\"", ":", "\"F32\"", ",", "\"shape\"", ":", "[", "2", ",", "3", "]", ",",
            "\"data_offsets\"", ":", "[", "0", ",", "24", "]", "}", ",", "\"u\"", ":", "{", "\"dtype\"", ":", "\"F16\"",
            ",", "\"shape\"", ":", "[", "4", "]", ",", "\"data_offsets\"", ":", "[", "24", ",", "32", "]", "}", "}",
        ]
        _ = try SafeTensors(data: Self.file(header.joined(), data: 32))
        var random = SplitMix64(state: 0xF00D)
        var read = 0
        for _ in 0..<20_000 {
            var damaged = header
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<damaged.count, using: &random)
                damaged[index] = tokens.randomElement(using: &random) ?? ""
            }
            guard let file = try? SafeTensors(data: Self.file(damaged.joined(), data: 32)) else { continue }
            read += 1
            #expect(file.entries.reduce(0) { $0 + $1.byteRange.count } == 32)
        }
        #expect(read < 10_000)
    }
}
