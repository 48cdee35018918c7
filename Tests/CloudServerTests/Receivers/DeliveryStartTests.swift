import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@testable import CloudServer

/// Events that wait while a cloud starts: its issuer, which they name, is known once it listens.
@Suite(.timeLimit(.minutes(5))) struct DeliveryStartTests {
  @Test func `nothing is posted before the issuer is known`() async throws {
    let issuer = Issuer()
    let cloud = TestCloud(issuer: issuer)
    let (start, startEnd) = AsyncStream.makeStream(of: Void.self)
    let receiver = ReferenceReceiver()
    try await receiver.run { endpoint in
      // Takes what names this issuer, and answers 400 to all else.
      try await DeliveryLab.subscribe(receiver, endpoint, at: cloud)
      try await DeliveryLab.logOut(at: cloud)
      try await DeliveryLab.deliver(from: cloud, after: start) { cloud in
        try await Task.sleep(for: .milliseconds(300))
        issuer.set("https://127.0.0.1:8443")
        startEnd.finish()
        try await DeliveryLab.expect(.init(delivered: 1), at: cloud)
      }
    }
    #expect(receiver.posts.count == 1)
  }

  @Test func `what waited for a cloud's start names the issuer that the cloud then has`()
    async throws
  {
    let folder = try TemporaryFolder()
    let storage = CloudStorage.folder(folder.path + "/cloud")
    let receiver = ReferenceReceiver(answering: [.init(status: 503)])
    try await receiver.run { endpoint in
      try await RunningCloud.with(
        storage: storage,
        configure: {
          $0.delivery.firstWait = .seconds(3_600)
          $0.delivery.longestWait = .seconds(3_600)
        }
      ) { cloud in
        let body = #"{"endpoint":"\#(endpoint)","audience":"qa"}"#
        let added = try await cloud.administer("POST", "/admin/v1/receivers", body: body)
        #expect(added.status == 201)
        let logout = #"{"scope":"everyone","reason":""}"#
        #expect(try await cloud.administer("POST", "/admin/v1/logout", body: logout).status == 200)
        while receiver.posts.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
      }
      try await RunningCloud.with(storage: storage) { cloud in
        while receiver.posts.count < 2 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(receiver.posts[1].claims["iss"] == .string(Array(cloud.origin.utf8)))
      }
    }
  }
}
