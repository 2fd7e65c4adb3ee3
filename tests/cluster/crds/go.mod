// The Gateway API's custom resource definitions lie in its module; nothing of
// it is compiled.
module portolan.test/crds

go 1.26.0

require sigs.k8s.io/gateway-api v1.6.3
