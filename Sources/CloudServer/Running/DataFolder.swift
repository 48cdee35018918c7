import CloudCore
import CloudStore
import Glibc
import Logging

/// What a cloud keeps between runs, or for one run.
package enum CloudStorage: Equatable, Sendable {
  /// In this folder, which is made if there is none.
  case folder(String)
  /// Records in memory; the admin token's file in this folder, which the caller removes.
  case ephemeral(secretsFolder: String)
}

/// The opened storage: the records, the token keys, the admin token and the resource server's
/// secret.
struct DataFolder: Sendable {
  let store: any CloudStore
  let keys: TokenKeys
  let adminToken: AdminToken
  let adminTokenPath: String
  let resourceServer: ResourceServer
  private let database: SQLiteStore?

  /// - Throws: `CloudServerError`. Nothing is wiped.
  init(
    _ storage: CloudStorage, onCommit: @escaping @Sendable (CommitReport) -> Void = { _ in },
    logger: Logger
  ) throws(CloudServerError) {
    var random = SystemRandomNumberGenerator()
    let folder: String
    switch storage {
    case .ephemeral(let secretsFolder):
      folder = secretsFolder
      try PrivateFile.makeFolder(folder)
      self.database = nil
      self.store = MemoryStore()
      self.keys = TokenKeys(random: &random)
    case .folder(let dataFolder):
      folder = dataFolder
      try PrivateFile.makeFolder(folder)
      let hasRecords = access(folder + "/cloud.sqlite", F_OK) == 0
      // Before the other files, for it locks the folder against a second cloud.
      let database = try Self.openDatabase(in: folder, onCommit: onCommit)
      self.database = database
      self.store = database
      let (keys, areNew) = try Self.loadKeys(path: folder + "/token-keys", random: &random)
      self.keys = keys
      if areNew && hasRecords {
        logger.warning(
          "the token keys were lost: tokens from before are unknown",
          metadata: ["folder": "\(folder)"])
      }
    }
    self.adminTokenPath = folder + "/admin-token"
    self.adminToken = AdminToken(
      known: try Self.loadSecret(
        path: self.adminTokenPath, isValid: { AdminToken(text: $0) != nil },
        otherwise: AdminToken(random: &random).secret))
    self.resourceServer = ResourceServer(
      secret: try Self.loadSecret(
        path: folder + "/resource-server-secret", isValid: ResourceServer.isSecret,
        otherwise: ResourceServer.newSecret(random: &random)))
  }

  func close() async throws(StoreError) {
    try await self.database?.close()
  }

  private static func openDatabase(
    in folder: String, onCommit: @escaping @Sendable (CommitReport) -> Void
  ) throws(CloudServerError) -> SQLiteStore {
    do throws(StoreError) {
      return try SQLiteStore(folder: folder, onCommit: onCommit)
    } catch {
      throw CloudServerError(
        .store, attempted: "\(error.attempted) \(error.path)",
        detail: "\(error.detail) (\(error.code.rawValue))")
    }
  }

  /// - Returns: The keys; new ones when the file was absent.
  private static func loadKeys(
    path: String, random: inout some RandomNumberGenerator
  ) throws(CloudServerError) -> (keys: TokenKeys, areNew: Bool) {
    if let bytes = try PrivateFile.read(path) {
      guard let keys = TokenKeys(bytes: bytes) else {
        throw CloudServerError(
          .dataFolder, attempted: "read \(path)",
          detail: "it has \(bytes.count) bytes, not \(TokenKeys.byteCount)")
      }
      return (keys, false)
    }
    let keys = TokenKeys(random: &random)
    try PrivateFile.write(keys.bytes, to: path)
    return (keys, true)
  }

  /// The one of the last run, so that an operator's tools go on working after a restart.
  private static func loadSecret(
    path: String, isValid: (String) -> Bool, otherwise new: @autoclosure () -> Secret
  ) throws(CloudServerError) -> Secret {
    if let bytes = try PrivateFile.read(path), var text = String(validating: bytes, as: UTF8.self) {
      if text.last == "\n" { text.removeLast() }
      if isValid(text) { return Secret(text) }
    }
    let secret = new()
    try PrivateFile.write(Array(secret.text.utf8) + [UInt8(ascii: "\n")], to: path)
    return secret
  }
}
