import ArgumentParser
import Foundation
import SottoModel
import SottoTokenization

/// What a model is run on.
struct InputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Token ids, separated by commas or spaces.", valueName: "1,2,3"), transform: TokenList.parse)
    var inputIds: TokenList?

    @Option(help: "Text, turned into tokens by the model's tokenizer.")
    var text: String?

    @Option(help: ArgumentHelp("A file of text.", valueName: "path"))
    var file: String?

    func validate() throws {
        let given = [inputIds != nil, text != nil, file != nil].count { $0 }
        guard given <= 1 else { throw ValidationError("Give only one of --input-ids, --text and --file") }
    }

    /// The token ids, or nil if no input was given.
    /// - Throws: ``UsageError`` if there is text but no tokenizer, ``DataError`` if the file is none or nothing is left.
    func tokens(_ tokenizer: (any Tokenizer)?) throws -> [Int]? {
        let tokens: [Int]
        if let inputIds {
            tokens = inputIds.tokens
        } else if let text = try text ?? file.map(InputFile.text) {
            guard let tokenizer else {
                throw UsageError("The model's config.json names no tokenizer; give --input-ids instead of text.")
            }
            tokens = tokenizer.encode(text)
        } else {
            return nil
        }
        guard !tokens.isEmpty else { throw DataError("The input is empty; give at least one token.") }
        return tokens
    }
}

/// Token ids as a user types them: digits, with commas or spaces between.
struct TokenList {
    let tokens: [Int]

    /// - Throws: `ValidationError` for anything else, also for nothing between two commas.
    @Sendable static func parse(_ argument: String) throws -> TokenList {
        TokenList(
            tokens: try argument.split(separator: ",", omittingEmptySubsequences: false).flatMap { part in
                let items = part.split { $0 == " " || $0 == "\t" || $0.isNewline }
                guard !items.isEmpty else {
                    throw ValidationError("A token id is missing; write for instance 1,2,3 or '1 2 3'")
                }
                return try items.map(token)
            })
    }

    private static func token(_ text: Substring) throws -> Int {
        guard text.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw ValidationError("'\(text)' is no token id; write for instance 1,2,3 or '1 2 3'")
        }
        guard let token = Int(text) else { throw ValidationError("The token id \(text) is in no vocabulary") }
        return token
    }
}

/// Files for the numbers of a run.
struct LogitsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Write the private run's logits to a safetensors file.", valueName: "file"))
    var logits: String?

    @Option(help: ArgumentHelp("Write the plaintext logits to a safetensors file.", valueName: "file"))
    var plaintextLogits: String?

    /// - Parameter name: of the tensor `[rows, columns]`.
    static func write(_ values: [Float], name: String, rows: Int, to path: String?) throws {
        guard let path else { return }
        // The file is replaced as a whole; a device would be replaced too.
        let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let present = try? FileManager.default.attributesOfItem(atPath: place)
        guard present.map({ $0[.type] as? FileAttributeType == .typeRegular }) ?? true else {
            throw DataError("\(path) is there and no file; name another one.")
        }
        try SafeTensors.write(
            [(name, WeightTensor(shape: [rows, values.count / max(rows, 1)], values: values))],
            to: URL(fileURLWithPath: path))
    }
}
