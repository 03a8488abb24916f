package socket

// For package socket_test.
const SlowPause = slowPause
