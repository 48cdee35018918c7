import CloudCore
import DeviceProtocol
import Simulation

extension Forgery {
  /// Of devices and what they record.
  static let ofData: [Forgery] = [
    Forgery(5, "a list with another account's device") { stage in
      _ = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(stage.signIn("eve@x").asking(.devices), .devices([.porch]))
    },
    Forgery(5, "a list with a device that was removed") { stage in
      let app = stage.signIn("ada@x")
      _ = stage.pair(.porch, by: app)
      stage.right(app.asking(.remove(.porch)), .done)
      return stage.observe(app.asking(.devices), .devices([.porch]))
    },
    Forgery(7, "a list without a device") { stage in
      let app = stage.signIn("ada@x")
      _ = stage.pair(.porch, by: app)
      return stage.observe(app.asking(.devices), .devices([]))
    },
    Forgery(7, "a list with a device twice") { stage in
      let app = stage.signIn("ada@x")
      _ = stage.pair(.porch, by: app)
      return stage.observe(app.asking(.devices), .devices([.porch, .porch]))
    },
    Forgery(5, "another account's device removed") { stage in
      _ = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(stage.signIn("eve@x").asking(.remove(.porch)), .done)
    },
    Forgery(7, "the own device not to be removed") { stage in
      let app = stage.signIn("ada@x")
      _ = stage.pair(.porch, by: app)
      return stage.observe(
        app.asking(.remove(.porch)), .refused(status: 404, reason: "not_found"))
    },
    Forgery(5, "a session that outlives the removal of its device") { stage in
      let app = stage.signIn("ada@x")
      let camera = stage.pair(.porch, by: app)
      stage.right(app.asking(.remove(.porch)), .done)
      return stage.observe(
        camera.presented(), stage.successor(of: camera).answer, certificate: .porch)
    },
    Forgery(5, "a recording shown to another account") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      stage.record([.motion(1)], by: camera)
      return stage.observe(
        stage.signIn("eve@x").asking(.motions(of: .porch)), .recordings([.motion(1)]))
    },
    Forgery(5, "a recording of the former owner shown to the next") { stage in
      stage.record([.motion(1)], by: stage.pair(.porch, by: stage.signIn("ada@x")))
      let eve = stage.signIn("eve@x")
      _ = stage.pair(.porch, by: eve)
      return stage.observe(eve.asking(.motions(of: .porch)), .recordings([.motion(1)]))
    }.under(.weak),
    Forgery(7, "a recording lost") { stage in
      let app = stage.signIn("ada@x")
      stage.record([.motion(1), .motion(2)], by: stage.pair(.porch, by: app))
      return stage.observe(app.asking(.motions(of: .porch)), .recordings([.motion(2)]))
    },
    Forgery(8, "a recording shown twice") { stage in
      let app = stage.signIn("ada@x")
      stage.record([.motion(1)], by: stage.pair(.porch, by: app))
      return stage.observe(
        app.asking(.motions(of: .porch)), .recordings([.motion(1), .motion(1)]))
    },
    Forgery(7, "a recording with other values") { stage in
      let app = stage.signIn("ada@x")
      stage.record([.motion(1)], by: stage.pair(.porch, by: app))
      return stage.observe(
        app.asking(.motions(of: .porch)), .recordings([.motion(1, at: 6)]))
    },
    Forgery(7, "a recording that its second sending changed") { stage in
      let app = stage.signIn("ada@x")
      let camera = stage.pair(.porch, by: app)
      stage.record([.motion(1)], by: camera)
      stage.record([.motion(1, at: 6)], by: camera)
      return stage.observe(
        app.asking(.motions(of: .porch)), .recordings([.motion(1, at: 6)]))
    },
    Forgery(7, "recordings in the wrong order") { stage in
      let app = stage.signIn("ada@x")
      stage.record([.motion(2), .motion(1)], by: stage.pair(.porch, by: app))
      return stage.observe(
        app.asking(.motions(of: .porch)), .recordings([.motion(2), .motion(1)]))
    },
    Forgery(5, "a recording that was refused") { stage in
      let app = stage.signIn("ada@x")
      let camera = stage.pair(.porch, by: app)
      let late = Recording.motion(1, at: 253_402_300_800_000)
      stage.right(
        camera.asking(.record([late])), .denied("invalid_request"), certificate: .porch)
      return stage.observe(app.asking(.motions(of: .porch)), .recordings([late]))
    },
    Forgery(7, "an acknowledgement of what was not sent") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(
        camera.asking(.record([.motion(1)])), .acknowledged([1, 2]), certificate: .porch)
    },
    Forgery(7, "no acknowledgement of what was sent") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(
        camera.asking(.record([.motion(1)])), .acknowledged([]), certificate: .porch)
    },
    Forgery(7, "a good recording refused") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(
        camera.asking(.record([.motion(1)])), .denied("invalid_request"), certificate: .porch)
    },
    Forgery(5, "a motion among a camera's measurements") { stage in
      let app = stage.signIn("ada@x")
      stage.record([.motion(1)], by: stage.pair(.porch, by: app))
      return stage.observe(app.asking(.measurements(of: .porch)), .recordings([.motion(1)]))
    },
    Forgery(5, "a caller taken for another") { stage in
      let (app, other) = (stage.signIn("ada@x"), stage.signIn("eve@x"))
      return stage.observe(
        app.asking(.session),
        .session(SessionID(number: -3), kind: .app, account: other.account, device: nil))
    },
    Forgery(6, "a good request refused") { stage in
      let camera = stage.pair(.porch, by: stage.signIn("ada@x"))
      return stage.observe(
        camera.asking(.someHeartbeat), .refused(status: 400, reason: "invalid_request"),
        certificate: .porch)
    },
  ]
}
