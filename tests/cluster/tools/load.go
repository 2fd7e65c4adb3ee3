package main

import (
	"flag"
	"fmt"
	"strconv"
	"sync"
	"time"
)

const (
	loadNamespaces = 10
	loadWorkers    = 8
)

// app is one Deployment with its Service and what stands around them.
type app struct {
	number, replicas int
	fault            string
}

// faults of every twenty-fifth app or so: what a real cluster suffers from.
var faults = map[int]string{3: "notready", 8: "crashloop", 13: "imagepull", 18: "selector", 23: "port"}

// load fills a cluster for benchmarks and waits until the endpoints are there.
func load(args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	broken := flags.Bool("faults", false, "break one app in five")
	if flags.Parse(args) != nil || flags.NArg() != 3 {
		return errUsage
	}
	pods, err := strconv.Atoi(flags.Arg(1))
	count, err2 := strconv.Atoi(flags.Arg(2))
	if err != nil || err2 != nil || count < 1 || pods < 0 {
		return errUsage
	}
	if err := enter(flags.Arg(0), false); err != nil {
		return err
	}
	server, err := tell("server")
	if err != nil {
		return err
	}
	a, err := newAPI(".", server)
	if err != nil {
		return err
	}
	began := time.Now()
	say := func(what string) { fmt.Printf("%s after %.1f s\n", what, time.Since(began).Seconds()) }

	for i := range loadNamespaces {
		if err := a.create("/api/v1/namespaces", object{"metadata": object{"name": namespace(i), "labels": object{"load": "true"}}}); err != nil {
			return err
		}
	}
	class := object{"metadata": object{"name": "load"}, "spec": object{"controller": "portolan.test/nobody"}}
	if err := a.create("/apis/networking.k8s.io/v1/ingressclasses", class); err != nil {
		return err
	}
	apps := make([]app, count)
	ready := 0
	for i := range apps {
		apps[i] = app{number: i, replicas: pods/count + btoi(i < pods%count)}
		if *broken {
			apps[i].fault = faults[i%25]
		}
		if fault := apps[i].fault; fault == "" || fault == "port" {
			// Endpoints with a port that no container names exist, ready, with
			// no port at all.
			ready += apps[i].replicas
		}
	}
	if err := createAll(a, apps); err != nil {
		return err
	}
	say("objects created")
	err = until(15*time.Minute, func() bool { return a.readyEndpoints() >= ready })
	if err != nil {
		return fmt.Errorf("%d of %d endpoints ready: %w", a.readyEndpoints(), ready, err)
	}
	say(fmt.Sprintf("%d endpoints ready", ready))
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func namespace(i int) string { return fmt.Sprintf("load-%d", i%loadNamespaces) }

// createAll makes the objects of all apps, several apps at once.
func createAll(a *api, apps []app) error {
	todo := make(chan app)
	failed := make(chan error, loadWorkers)
	var workers sync.WaitGroup
	for range loadWorkers {
		workers.Go(func() {
			for next := range todo {
				for _, made := range next.objects() {
					if err := a.create(made.path, made.object); err != nil {
						failed <- err
						for range todo {
							// the others may still finish
						}
						return
					}
				}
			}
		})
	}
	for _, next := range apps {
		todo <- next
	}
	close(todo)
	workers.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

type made struct {
	path   string
	object object
}

// objects of an app: always a Deployment and a Service, sometimes an Ingress,
// sometimes a NetworkPolicy.
func (a app) objects() []made {
	name, ns := fmt.Sprintf("app-%d", a.number), namespace(a.number)
	meta := object{"name": name, "namespace": ns, "labels": object{"app": name}}
	labels := object{"app": name, "tier": fmt.Sprintf("tier-%d", a.number%3)}
	selector, port := object{"app": name}, any("http")
	switch a.fault {
	case "selector":
		selector = object{"app": name + "-old"}
	case "port":
		port = "web"
	case "":
	default:
		labels["bed/fault"] = a.fault
	}
	all := []made{
		{"/apis/apps/v1/namespaces/" + ns + "/deployments", object{"metadata": meta, "spec": object{
			"replicas": a.replicas,
			"selector": object{"matchLabels": object{"app": name}},
			"template": object{
				"metadata": object{"labels": labels},
				"spec": object{"containers": []object{{
					"name": "main", "image": "registry.example/" + name + ":1",
					"ports":          []object{{"name": "http", "containerPort": 8080}},
					"readinessProbe": object{"httpGet": object{"path": "/ready", "port": "http"}},
				}}},
			},
		}}},
		{"/api/v1/namespaces/" + ns + "/services", object{"metadata": meta, "spec": object{
			"selector": selector,
			"ports":    []object{{"name": "http", "port": 80, "targetPort": port}},
		}}},
	}
	if a.number%4 == 0 {
		all = append(all, made{"/apis/networking.k8s.io/v1/namespaces/" + ns + "/ingresses", object{"metadata": meta, "spec": object{
			"ingressClassName": "load",
			"rules": []object{{"host": name + ".example.test", "http": object{"paths": []object{{
				"path": "/", "pathType": "Prefix",
				"backend": object{"service": object{"name": name, "port": object{"name": "http"}}},
			}}}}},
		}}})
	}
	if a.number%6 == 0 {
		all = append(all, made{"/apis/networking.k8s.io/v1/namespaces/" + ns + "/networkpolicies", object{"metadata": meta, "spec": object{
			"podSelector": object{"matchLabels": object{"app": name}},
			"policyTypes": []string{"Ingress"},
			"ingress": []object{{
				"from":  []object{{"podSelector": object{"matchLabels": object{"tier": "tier-1"}}}, {"ipBlock": object{"cidr": "10.0.0.0/8"}}},
				"ports": []object{{"port": "http"}},
			}},
		}}})
	}
	return all
}

// readyEndpoints counts those of the load's services.
func (a *api) readyEndpoints() int {
	total := 0
	for i := range loadNamespaces {
		var list struct {
			Items []struct {
				Endpoints []struct{ Conditions struct{ Ready bool } }
			}
		}
		if a.get("/apis/discovery.k8s.io/v1/namespaces/"+namespace(i)+"/endpointslices", &list) != nil {
			return 0
		}
		for _, slice := range list.Items {
			for _, endpoint := range slice.Endpoints {
				total += btoi(endpoint.Conditions.Ready)
			}
		}
	}
	return total
}
