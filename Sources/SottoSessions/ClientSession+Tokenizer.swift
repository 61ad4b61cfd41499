import Foundation
import SottoPreprocessing
import SottoTokenization
import SottoTransport

extension ClientSession {
    /// Takes the tokenizer of this session: one's own, if it is the server's, or else the server's, which is asked for and
    /// checked by its hash. Comes before the first run.
    ///
    /// - Parameter own: also taken where the server has none.
    /// - Returns: nil where neither side has one.
    /// - Throws: ``SessionError`` if the two are not the same, or what was sent is not what the greeting promised.
    @discardableResult
    public func adoptTokenizer(own: (any Tokenizer)? = nil) throws -> (any Tokenizer)? {
        do {
            let taken = try own.map(compared) ?? offered()
            if let taken, taken.vocabulary > architecture.vocabulary {
                throw SessionError.tokenizerTooLarge(tokens: taken.vocabulary, vocabulary: architecture.vocabulary)
            }
            tokenizer = taken
            return taken
        } catch {
            SessionFault.abort([channel], for: error)
            throw error
        }
    }

    private func compared(_ own: any Tokenizer) throws -> any Tokenizer {
        guard let theirs = tokenizerFingerprint else { return own }
        let ours = try OfferedTokenizer(own).fingerprint
        guard ours == theirs else { throw SessionError.otherTokenizer(ours: ours, theirs: theirs) }
        return own
    }

    private func offered() throws -> (any Tokenizer)? {
        guard let tokenizerFingerprint else { return nil }
        // Everybody has this one.
        let bytes = ByteTokenizer()
        if try OfferedTokenizer(bytes).fingerprint == tokenizerFingerprint { return bytes }
        try channel.sendControl(Array(try JSONEncoder().encode(TokenizerRequest(tokenizer: tokenizerFingerprint))))
        let definition = try channel.receiveControl(limit: TokenizerDefinition.byteLimit)
        guard try OfferedTokenizer.fingerprint(of: definition) == tokenizerFingerprint else {
            throw SessionError.foreignTokenizer(peer: channel.peerName)
        }
        do throws(TokenizerError) {
            return try TokenizerDefinition.tokenizer(definition)
        } catch {
            throw SessionError.unusableTokenizer(peer: channel.peerName, reason: error.description)
        }
    }
}
