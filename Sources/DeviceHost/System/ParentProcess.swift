import Glibc

/// Has the kernel send this process SIGTERM when the one that started it ends. One that had ended
/// before the call is not noticed: by then another process is the parent.
///
/// `prctl` takes a variable number of arguments, which Swift cannot call; on Linux its entry point
/// takes five words, and so it is called by address.
///
/// - SeeAlso: prctl(2), PR_SET_PDEATHSIG.
package func exitWithParent() throws(HostError) {
  typealias FiveWords =
    @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
  let setParentDeathSignal: CInt = 1
  let attempt = "follow the end of"
  let parent = getppid()
  guard let address = dlsym(nil, "prctl") else {
    throw HostError(attempt, on: "process \(parent)", because: "the C library has no prctl")
  }
  let prctl = unsafeBitCast(address, to: FiveWords.self)
  guard prctl(setParentDeathSignal, CUnsignedLong(SIGTERM), 0, 0, 0) == 0 else {
    throw HostError(attempt, on: "process \(parent)", errno: errno)
  }
}
