package import CloudCore
import DeviceProtocol
import Foundation

/// Which clients a cloud knows: the built-in ones, what a file says of them and of others, and the
/// presets of the command line, which come last.
package struct ClientRegistry: Sendable {
  package private(set) var clients: [OAuthClient]

  static let longestFileByteCount = 1 << 20
  static let maximumClientCount = 1_000

  /// - Parameter builtIn: Their policy is also that of a new client which names none.
  package init(builtIn: [OAuthClient]) { self.clients = builtIn }

  /// Reads the file at this path.
  ///
  /// - Throws: `CloudServerError.badOption` that names the file and the member.
  package mutating func read(_ path: String) throws(CloudServerError) {
    do {
      let url = URL(filePath: path)
      let data = try Data(contentsOf: url)
      guard data.count <= Self.longestFileByteCount else {
        throw StrictDecodingError(
          description: "it has more than \(Self.longestFileByteCount) bytes")
      }
      let body = try decodeStrictly(ClientsFileBody.self, from: data, called: "the file")
      try self.add(
        body, secretsFolder: url.deletingLastPathComponent().path(percentEncoded: false))
    } catch let error as StrictDecodingError {
      throw Self.failure(path, error.description)
    } catch let error as CloudServerError {
      throw Self.failure(path, error.description)
    } catch {
      let cause = (error as? CocoaError)?.underlying as? POSIXError
      throw Self.failure(
        path, cause.map { String(cString: strerror($0.code.rawValue)) } ?? "it can't be read")
    }
  }

  /// Gives a client that is known the policy of a preset.
  ///
  /// - Throws: `CloudServerError.badOption` for one that is not.
  package mutating func apply(
    _ preset: PolicyPreset, to clientID: String
  ) throws(CloudServerError) {
    guard let index = self.clients.firstIndex(where: { $0.id == clientID }) else {
      throw CloudServerError(
        .badOption, attempted: "apply the preset \(preset.rawValue)",
        detail: "there is no client '\(clientID.escapedForAnswer)'; there are "
          + self.clients.map(\.id).joined(separator: ", "))
    }
    self.clients[index].policy = preset.policy
  }

  private static func failure(_ path: String, _ detail: String) -> CloudServerError {
    CloudServerError(.badOption, attempted: "read the clients file \(path)", detail: detail)
  }

  private mutating func add(_ body: ClientsFileBody, secretsFolder: String) throws {
    guard body.clients.count <= Self.maximumClientCount else {
      throw StrictDecodingError(
        description: "member 'clients' has more than \(Self.maximumClientCount) elements")
    }
    let standard = self.clients
    var seen: Set<String> = []
    for (index, entry) in body.clients.enumerated() {
      let reader = ClientReader(
        body: entry.body, path: "clients[\(index)]", secretsFolder: secretsFolder)
      let former = standard.first { $0.id == entry.body.id }
      let client = try reader.client(
        changing: former, standard: standard.first?.policy ?? TokenPolicy(rotation: .strict))
      guard seen.insert(client.id).inserted else {
        throw reader.bad("id", "is that of an earlier client of the file")
      }
      if let place = self.clients.firstIndex(where: { $0.id == client.id }) {
        self.clients[place] = client
      } else {
        self.clients.append(client)
      }
    }
  }
}
