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
  let signInKeys: SignInKeys
  let adminToken: AdminToken
  let adminTokenPath: String
  /// Whether there were records already.
  let isContinuing: Bool
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
      self.isContinuing = false
      self.store = MemoryStore()
      self.keys = TokenKeys(random: &random)
      self.signInKeys = SignInKeys(random: &random)
    case .folder(let dataFolder):
      folder = dataFolder
      try PrivateFile.makeFolder(folder)
      let hasRecords = access(folder + "/cloud.sqlite", F_OK) == 0
      self.isContinuing = hasRecords
      // Before the other files, for it locks the folder against a second cloud.
      let database = try Self.openDatabase(in: folder, onCommit: onCommit)
      self.database = database
      self.store = database
      Self.tell(of: database.floorReport, folder: folder, logger: logger)
      let (keys, areNew) = try Self.load(
        path: folder + "/token-keys", byteCount: TokenKeys.byteCount,
        read: TokenKeys.init(bytes:), bytes: \.bytes, make: { TokenKeys(random: &random) })
      self.keys = keys
      // A database from before there was a second factor has none that could be lost.
      (self.signInKeys, _) = try Self.load(
        path: folder + "/sign-in-keys", byteCount: SignInKeys.byteCount,
        read: SignInKeys.init(bytes:), bytes: \.bytes, make: { SignInKeys(random: &random) })
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

  /// Warns of what an operator should know about the epochs' file.
  private static func tell(of report: EpochFloorReport, folder: String, logger: Logger) {
    let metadata: Logger.Metadata = ["folder": "\(folder)"]
    if report.isEveryoneLoggedOut {
      logger.error(
        "the epochs' file is damaged and the database may be older: everybody is logged out",
        metadata: metadata)
    } else if report.damagedLineCount > 0 {
      logger.warning(
        "the epochs' file was damaged; it is made anew from the database", metadata: metadata)
    }
    if report.wasMissing {
      logger.warning(
        "the epochs' file was missing; it is made anew. If the database is an older copy, log everyone out",
        metadata: metadata)
    }
    if report.raisedCount > 0 {
      logger.warning(
        "the database is an older copy: its epochs are raised to those that there were; log everyone out",
        metadata: metadata.merging(["epochs": "\(report.raisedCount)"]) { $1 })
    }
  }

  private static func openDatabase(
    in folder: String, onCommit: @escaping @Sendable (CommitReport) -> Void
  ) throws(CloudServerError) -> SQLiteStore {
    do throws(StoreError) {
      return try SQLiteStore(folder: folder, onCommit: onCommit)
    } catch {
      throw CloudServerError(
        .store, attempted: "\(error.attempted) \(error.path)", detail: error.detail)
    }
  }

  /// - Returns: The keys; new ones when the file was absent.
  private static func load<Keys>(
    path: String, byteCount: Int, read: ([UInt8]) -> Keys?, bytes: (Keys) -> [UInt8],
    make: () -> Keys
  ) throws(CloudServerError) -> (keys: Keys, areNew: Bool) {
    if let contents = try PrivateFile.read(path) {
      guard let keys = read(contents) else {
        throw CloudServerError(
          .dataFolder, attempted: "read \(path)",
          detail: "it has \(contents.count) bytes, not \(byteCount)")
      }
      return (keys, false)
    }
    let keys = make()
    try PrivateFile.write(bytes(keys), to: path)
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
