import ArgumentParser
import Foundation
import SottoModel
import SottoTokenization

/// What a model is run on.
struct InputOptions: ParsableArguments {
    @OptionGroup var ids: TokenIdOptions

    @Option(help: "Text, turned into tokens by the model's tokenizer.")
    var text: String?

    @Option(help: ArgumentHelp("A file of text.", valueName: "path"))
    var file: String?

    /// What can be given, for a sentence.
    static let names = "--text, --file, --input-ids and --input-ids-file"

    var isGiven: Bool { ids.isGiven || text != nil || file != nil }

    func validate() throws {
        guard [ids.isGiven, text != nil, file != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give only one of \(Self.names)")
        }
    }

    /// The token ids, or nil if no input was given.
    /// - Throws: ``UsageError`` if there is text but no tokenizer, ``DataError`` if the file is none or nothing is left.
    func tokens(_ tokenizer: (any Tokenizer)?) throws -> [Int]? {
        let tokens: [Int]
        if let given = try ids.tokens() {
            tokens = given
        } else if let text = try text ?? file.map({ try InputFile.text(of: $0) }) {
            guard let tokenizer else {
                throw UsageError("The model has no tokenizer; give --input-ids or --input-ids-file instead of text.")
            }
            // Not the tokens that stand around every text.
            tokens = text.isEmpty ? [] : tokenizer.encode(text)
        } else {
            return nil
        }
        guard !tokens.isEmpty else { throw DataError("The input is empty; give at least one token.") }
        return tokens
    }
}

/// Token ids in place of a text.
struct TokenIdOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Token ids, separated by commas or spaces.", valueName: "1,2,3"), transform: TokenList.parse)
    var inputIds: TokenList?

    @Option(help: ArgumentHelp("A file of token ids; - is the standard input.", valueName: "path"))
    var inputIdsFile: String?

    var isGiven: Bool { inputIds != nil || inputIdsFile != nil }

    func validate() throws {
        guard inputIds == nil || inputIdsFile == nil else {
            throw ValidationError("Give only one of --input-ids and --input-ids-file")
        }
    }

    /// - Throws: ``DataError`` if the file is none of ids.
    func tokens() throws -> [Int]? {
        if let inputIds { return inputIds.tokens }
        guard let inputIdsFile else { return nil }
        let text = try InputFile.text(of: inputIdsFile, orStandardInput: true)
        do {
            return try TokenList.parse(text).tokens
        } catch {
            // The file may be a prompt, of which nothing is repeated.
            throw DataError("\(inputIdsFile) is no list of token ids; write for instance 1,2,3 or 1 2 3.")
        }
    }
}

/// What is completed.
struct PromptOptions: ParsableArguments {
    @Option(help: "The text to complete; other users may see it in the list of processes.")
    var prompt: String?

    @Option(help: ArgumentHelp("A file of the text to complete; - is the standard input.", valueName: "path"))
    var promptFile: String?

    @OptionGroup var ids: TokenIdOptions

    static let names = "--prompt, --prompt-file, --input-ids and --input-ids-file"

    var isGiven: Bool { ids.isGiven || prompt != nil || promptFile != nil }

    func validate() throws {
        guard [ids.isGiven, prompt != nil, promptFile != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give only one of \(Self.names)")
        }
        guard prompt != "" else { throw ValidationError("--prompt must not be empty") }
    }

    /// A prompt as it was given.
    enum Given {
        case text(String)
        case ids([Int])

        /// - Parameter advice: what to give where there is a text and no tokenizer.
        /// - Throws: ``UsageError``, ``DataError`` if nothing is left.
        func tokens(_ tokenizer: (any Tokenizer)?, otherwise advice: String) throws -> [Int] {
            let tokens: [Int]
            switch self {
            case .ids(let ids): tokens = ids
            case .text(let text):
                guard let tokenizer else { throw UsageError(advice) }
                tokens = text.isEmpty ? [] : tokenizer.encode(text)
            }
            guard !tokens.isEmpty else { throw DataError("The prompt is empty; give at least one token.") }
            return tokens
        }
    }

    /// - Throws: ``DataError`` if a file cannot be read.
    func given(default text: String? = nil) throws -> Given? {
        if let ids = try ids.tokens() { return .ids(ids) }
        if let promptFile { return .text(try InputFile.text(of: promptFile, orStandardInput: true)) }
        return (prompt ?? text).map { .text($0) }
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
