package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// lifetime of every certificate: longer than any test, too short to be kept.
const lifetime = 7 * 24 * time.Hour

// authority signs certificates. It lies in DIR/pki, so that users can be added
// to a running cluster.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority makes an authority and writes ca.crt and ca.key.
func newAuthority(dir string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	request := certificate("portolan-test-ca", nil)
	request.IsCA = true
	request.BasicConstraintsValid = true
	request.KeyUsage |= x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, request, request, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	a := &authority{dir, cert, key}
	return a, a.write("ca", der, key)
}

// readAuthority reads what newAuthority wrote.
func readAuthority(dir string) (*authority, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "ca.crt"), filepath.Join(dir, "ca.key"))
	if err != nil {
		return nil, err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s/ca.key is not an ECDSA key", dir)
	}
	return &authority{dir, pair.Leaf, key}, nil
}

func certificate(name string, groups []string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err) // the system has no randomness: nothing can be done
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: groups},
		NotBefore:    now.Add(-time.Minute),
		NotAfter:     now.Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

// write stores a certificate and its key as FILE.crt and FILE.key.
func (a *authority) write(file string, der []byte, key *ecdsa.PrivateKey) error {
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	path := filepath.Join(a.dir, file)
	crt := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(path+".crt", crt, 0o600); err != nil {
		return err
	}
	return os.WriteFile(path+".key", pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}), 0o600)
}

// issue writes FILE.crt and FILE.key for a client, or for a server if hosts
// are given.
func (a *authority) issue(file, name string, groups, hosts []string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	request := certificate(name, groups)
	request.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	for _, host := range hosts {
		request.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		if ip := net.ParseIP(host); ip != nil {
			request.IPAddresses = append(request.IPAddresses, ip)
		} else {
			request.DNSNames = append(request.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, request, a.cert, key.Public(), a.key)
	if err != nil {
		return err
	}
	return a.write(file, der, key)
}

// kubeconfig issues a client certificate and writes a kubeconfig that holds
// it. JSON is YAML enough for every reader of kubeconfigs.
func (a *authority) kubeconfig(path, server, name string, groups ...string) error {
	file := "client-" + filepath.Base(path)
	if err := a.issue(file, name, groups, nil); err != nil {
		return err
	}
	var data [3][]byte
	for i, from := range []string{"ca.crt", file + ".crt", file + ".key"} {
		var err error
		if data[i], err = os.ReadFile(filepath.Join(a.dir, from)); err != nil {
			return err
		}
	}
	type object = map[string]any
	text, err := json.MarshalIndent(object{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": "test",
		"clusters": []object{{"name": "test", "cluster": object{
			"server": server, "certificate-authority-data": data[0],
		}}},
		"users": []object{{"name": name, "user": object{
			"client-certificate-data": data[1], "client-key-data": data[2],
		}}},
		"contexts": []object{{"name": "test", "context": object{
			"cluster": "test", "user": name, "namespace": "default",
		}}},
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
